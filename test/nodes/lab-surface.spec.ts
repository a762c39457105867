import assert from 'node:assert/strict'
import { cpSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Json } from '../../engine/json.ts'
import { type LabClient, type LabRole, startLab } from '../support/lab-client.ts'
import { temporaryFolder } from '../support/temp.ts'
import { sample, templateOf } from '../support/templates.ts'

const PARTNER = 'onfleet'
const MAPPING = 'map/webhook.jsonata'
const HERE = { partner: PARTNER, mapping: MAPPING }
const SAMPLE = 'template:webhook.taskCompleted.json'

describe('the mapping lab over HTTP', () => {
  let lab: LabClient
  let source: string
  // What is saved is written to the template's folder: not to that of this repository.
  const templates = temporaryFolder()
  const folder = join(templates.path, 'couriers', PARTNER)
  before(async () => {
    cpSync(templateOf(PARTNER).folder, folder, { recursive: true })
    lab = await startLab({ CARTAGE_TEMPLATES: templates.path })
    source = readFileSync(join(templateOf(PARTNER).folder, MAPPING), 'utf8')
  })
  after(async () => {
    await lab?.stop()
    templates.remove()
  })

  const tried = (more: object = {}) => lab.told('POST', 'try', { ...HERE, source, sample: { id: SAMPLE }, ...more })

  /** A message of the partner that the mapper has had, with somebody's name in it. */
  async function received(id: string): Promise<void> {
    const { runtime } = lab.hub
    const payload = sample(templateOf(PARTNER), 'webhook.taskCompleted.json') as Json
    const channel = `webhooks.${PARTNER}`
    await runtime.hub.publish([{ id, channel, key: id, payload, headers: { partner: PARTNER }, correlationId: id }])
    runtime.lab.watch.see({ ...HERE, body: payload, message: () => ({ id, key: 'SO-10042' }) })
    await runtime.lab.watch.flush()
  }

  describe('who may', () => {
    const all = ['viewer', 'analyst', 'operator', 'finance', 'auditor', 'admin'] as const
    const rights: ['GET' | 'POST', string, object, readonly LabRole[]][] = [
      ['GET', 'mappings', { partner: PARTNER }, all],
      ['GET', 'targets/delivery-event', {}, all],
      ['GET', 'samples', HERE, all],
      ['GET', 'sample', { ...HERE, id: SAMPLE }, all],
      ['GET', 'drift', {}, all],
      ['POST', 'try', { ...HERE, source: 'body', sample: { id: SAMPLE } }, ['analyst', 'admin']],
      ['POST', 'goldens/run', HERE, ['analyst', 'admin']],
      ['POST', 'goldens/preview', { ...HERE, source: 'body', sample: { id: SAMPLE } }, ['analyst', 'admin']],
      ['POST', 'link', { source: '{}', target: 'a', expression: 'b' }, ['analyst', 'admin']],
      ['GET', 'functions', {}, all],
      ['POST', 'compatibility', { ...HERE, source: 'body' }, ['analyst', 'admin']],
    ]
    for (const [method, path, asked, allowed] of rights)
      it(`${method} ${path}: ${allowed.join(', ')}`, async () => {
        const may: LabRole[] = []
        for (const role of ['nobody', ...all] as const) {
          const { status } = await lab.ask(role, method, path, asked)
          if (status === 200) may.push(role)
          else assert.equal(status, 401, role)
        }
        assert.deepEqual(may, [...allowed])
      })
  })

  it('lists the mappings of a partner, each with its uses and goldens', async () => {
    const mappings = await lab.told('GET', 'mappings', { partner: PARTNER })
    const webhook = mappings.find(({ name }: { name: string }) => name === MAPPING)
    assert.deepEqual([webhook.role, webhook.direction, webhook.entity], ['webhook', 'in', 'delivery-event'])
    assert.ok(webhook.counts.goldens > 3 && webhook.counts.samples >= webhook.counts.goldens)
    assert.match(webhook.mappingVersion, /^\d+\.\d+\.\d+\+[0-9a-f]{8}$/)
    assert.ok(webhook.compiled.share > 0)
    assert.equal(webhook.edited, false)
    await lab.hub.runtime.desk.save(PARTNER, MAPPING, `${source}\n`, { by: 'test' })
    const after = await lab.told('GET', 'mappings', { partner: PARTNER })
    const edited = after.find(({ name }: { name: string }) => name === MAPPING)
    assert.deepEqual([edited.edited, edited.mappingVersion === webhook.mappingVersion], [true, false])
    await lab.hub.runtime.desk.undo(PARTNER, MAPPING, { by: 'test' })
  })

  it('shows the canonical tree, and for a request what the partner takes', async () => {
    const event = await lab.told('GET', 'targets/delivery-event')
    assert.ok(
      event.some(({ path, required }: { path: string; required: boolean }) => path === 'occurredAt' && required),
    )
    const [request] = await lab.told('GET', 'targets', { partner: PARTNER, mapping: 'book.request.jsonata' })
    assert.ok(request.targets.some(({ path }: { path: string }) => path === 'destination'))
  })

  it('offers the samples of the template and messages of the last days', async () => {
    await received('message-offered')
    const samples = await lab.told('GET', 'samples', HERE)
    assert.equal(samples[0].kind, 'template')
    assert.ok(samples.some(({ id, golden }: { id: string; golden: string }) => id === SAMPLE && golden))
    const message = samples.find(({ id }: { id: string }) => id === 'message:message-offered')
    assert.deepEqual([message.kind, message.name, typeof message.at], ['message', 'SO-10042', 'string'])
  })

  it("masks a message's personal data for those who may not see it, and maps it all the same", async () => {
    await received('message-masked')
    const asked = { ...HERE, id: 'message:message-masked' }
    const [viewer, operator] = [
      await lab.ask('viewer', 'GET', 'sample', asked),
      await lab.ask('operator', 'GET', 'sample', asked),
    ]
    assert.deepEqual([viewer.told.masked, operator.told.masked], [true, false])
    const [name, hidden] = [operator, viewer].map(({ told }) => told.body.data.task.recipients[0].name)
    assert.notEqual(hidden, name)
    assert.equal(hidden.length, name.length)
    assert.ok(viewer.told.personal.includes('body.data.task.recipients.name'))
    assert.deepEqual(viewer.told.body.triggerName, operator.told.body.triggerName)
    assert.doesNotMatch(JSON.stringify(viewer.told), new RegExp(name))
  })

  it('shows a body that could not be used as an error, not as a sample', async () => {
    const raw = Buffer.from('{ "half": ')
    const headers = { partner: PARTNER }
    const broken = { id: 'broken', channel: 'other', key: 'k', payload: null, headers, correlationId: 'c', raw }
    await lab.hub.runtime.hub.publish([broken])
    const { status, told } = await lab.ask('admin', 'GET', 'sample', { ...HERE, id: 'message:broken' })
    assert.deepEqual([status, told.code], [422, 'json.syntax'])
  })

  it('offers no message of another partner', async () => {
    const headers = { partner: 'somebody-else' }
    const foreign = { id: 'foreign', channel: 'other', key: 'k', payload: { a: 1 }, headers, correlationId: 'c' }
    await lab.hub.runtime.hub.publish([foreign])
    const { status } = await lab.ask('admin', 'GET', 'sample', { ...HERE, id: 'message:foreign' })
    assert.equal(status, 404)
  })

  it('tries a draft: events as the hub would finish them, what it uses and what it leaves, and where each field comes from', async () => {
    const { items, entities, issues, used, unused, trace, compiled, error, ms } = await tried()
    assert.deepEqual(entities, ['delivery-event'])
    assert.ok(compiled.share > 0 && compiled.share <= 1 && Array.isArray(compiled.fallbacks))
    assert.equal(error, undefined)
    assert.deepEqual(issues, [])
    assert.equal(items[0].type, 'delivery.completed')
    assert.equal(items[0].provider, PARTNER)
    assert.ok(used.includes('body.triggerName') && !unused.includes('body.triggerName'))
    assert.ok(unused.length > 3)
    assert.ok(trace.targets.some(({ path }: { path: string }) => path === 'occurredAt'))
    assert.equal(typeof ms, 'number')
  })

  it('names every field that is wrong, its value and where that came from', async () => {
    const draft = '{ "type": body.triggerName, "rawCode": body.taskId, "occurredAt": body.triggerName }'
    const { issues } = await tried({ source: draft })
    const fields = issues.map(({ field }: { field: string }) => field)
    for (const field of ['shipmentRef', 'type', 'occurredAt'])
      assert.ok(fields.includes(field), `${field} in ${fields}`)
    const { from, value, item } = issues.find(({ field }: { field: string }) => field === 'occurredAt')
    assert.deepEqual([from, value, item], [[{ path: 'body.triggerName', value: 'taskCompleted' }], 'taskCompleted', 0])
  })

  it('says where a draft that is no JSONata goes wrong', async () => {
    const { error, items } = await tried({ source: '{\n  "type": body.x,\n  "at": ]\n}' })
    assert.deepEqual([error.code, error.line, items], ['mapping.syntax', 3, []])
    assert.ok(error.column > 0 && error.position > 20)
  })

  for (const [what, draft] of [
    ['calls itself without end', '($f := function($n) { $f($n + 1) }; $f(0))'],
    ['counts without end', '$sum([1..9999999])'],
    [
      'makes ever longer texts',
      '($d := function($t, $n) { $n = 0 ? $t : $d($t & $t, $n - 1) }; $d("xxxxxxxxxxxxxxxx", 60))',
    ],
    [
      'goes through everything with everything',
      '($l := [1..3000]; $count($l.($x := $; $l[$ = $x and $string($) != "a"])))',
    ],
    ['repeats a pattern without end', '$contains($pad("", 50000, "a"), /^(a+)+$/)'],
  ] as const)
    it(`ends a draft that ${what}, and answers others`, async () => {
      const lag = monitorEventLoopDelay({ resolution: 10 })
      lag.enable()
      const { error, ms } = await tried({ source: draft })
      lag.disable()
      assert.ok(error === undefined || error.code.startsWith('mapping.'), JSON.stringify(error))
      assert.ok(lag.max / 1e6 < 5000, `the hub stood still for ${Math.round(lag.max / 1e6)} ms`)
      assert.ok(ms < 5000, `${ms} ms`)
    })

  it('takes a body that is given along', async () => {
    const { result } = await tried({ source: 'body.a + 1', sample: { body: { a: 2 } } })
    assert.equal(result, 3)
  })

  it('tries a mapping that stands in a node', async () => {
    const asked = { partner: PARTNER, mapping: 'node:4711', direction: 'in', entity: 'delivery-event' }
    assert.ok((await lab.told('GET', 'samples', asked)).length > 3)
    const { items } = await lab.told('POST', 'try', { ...asked, source, sample: { id: SAMPLE } })
    assert.equal(items[0].type, 'delivery.completed')
  })

  it('knows the functions, ours and the language’s own, with examples', async () => {
    const functions = await lab.told('GET', 'functions')
    const named = (name: string) => functions.find((one: { name: string }) => one.name === name)
    assert.ok(named('code').examples.length > 0 && named('isoFromEpoch') && named('substringBefore'))
  })

  it('writes a dragged field into the draft, fitted to what it is dragged onto', async () => {
    const asked = {
      ...HERE,
      sample: { id: SAMPLE },
      target: 'occurredAt',
      expression: 'body.data.task.completionDetails.time',
    }
    const draft = '{ "rawCode": body.triggerName /* stays */ }'
    const linked = await lab.told('POST', 'link', { ...asked, source: draft })
    assert.equal(linked.expression, '$isoFromEpochMs(body.data.task.completionDetails.time)')
    assert.ok(linked.source.includes('/* stays */') && linked.source.includes('"occurredAt"'))
    assert.equal(linked.source.slice(linked.start, linked.end), linked.expression)
    const { result } = await tried({ source: linked.source })
    assert.match(result.occurredAt, /^20\d\d-/)
  })

  it('names the places where a field is made, and writes at the one that is chosen', async () => {
    const draft = 'body.k ? { "eta": body.a }\n : { "eta": body.b }'
    const asked = { source: draft, target: 'eta', expression: 'body.c' }
    const { status, told } = await lab.ask('analyst', 'POST', 'link', asked)
    assert.deepEqual([status, told.code], [422, 'mapping.edit-ambiguous'])
    assert.deepEqual(
      told.choices.map(({ line, text }: { line: number; text: string }) => `${line}: ${text}`),
      ['1: "eta": body.a', '2: "eta": body.b'],
    )
    const { source: written } = await lab.told('POST', 'link', { ...asked, at: told.choices[1].at })
    assert.equal(written, draft.replace('body.b', 'body.c'))
  })

  it('writes an expression as it is, also without a sample', async () => {
    const linked = await lab.told('POST', 'link', { source: '{ "a": 1 }', target: 'b.c', expression: '$now()' })
    assert.match(linked.source, /"a": 1/)
    assert.equal(linked.source.slice(linked.start, linked.end), '$now()')
  })

  it('suggests sources for the fields that a draft leaves empty, and only for these', async () => {
    const draft = '{ "rawCode": body.triggerName, "type": $code(body.triggerName).type }'
    const found = await lab.told('POST', 'suggest', { ...HERE, source: draft, sample: { id: SAMPLE } })
    const targets = new Set(found.map(({ target }: { target: string }) => target))
    assert.ok(targets.has('occurredAt') && !targets.has('rawCode') && !targets.has('type') && !targets.has('eventId'))
    for (const { score, why, expression, source: from } of found)
      assert.ok(score > 0 && score <= 1 && why.length > 0 && expression.includes(from))
  })

  describe('golden samples', () => {
    const changed = () => source.replace('"rawCode": ', '"rawCode": "x:" & ')
    const goldenOf = (name: string) =>
      JSON.parse(readFileSync(join(folder, 'samples', `${name}.canonical.json`), 'utf8'))

    it('are run all, as saved or with a draft', async () => {
      const saved = await lab.told('POST', 'goldens/run', { partner: PARTNER })
      assert.ok(saved.length > 8)
      assert.deepEqual(
        saved.filter(({ ok }: { ok: boolean }) => !ok),
        [],
      )
      const drafted = await lab.told('POST', 'goldens/run', { ...HERE, source: changed() })
      const { diff } = drafted.find(({ ok }: { ok: boolean }) => !ok)
      assert.deepEqual([diff[0].kind, diff[0].path], ['changed', 'rawCode'])
    })

    it('are accepted one by one, by somebody who says why', async () => {
      const asked = { ...HERE, source: changed(), name: 'webhook.taskStarted' }
      const before = goldenOf('webhook.taskStarted')
      assert.equal((await lab.ask('analyst', 'POST', 'goldens/accept', asked)).told.field, 'why')
      await lab.told('POST', 'goldens/accept', { ...asked, why: 'codes are marked now' })
      const raw = [before].flat()[0].rawCode
      assert.equal([goldenOf('webhook.taskStarted')].flat()[0].rawCode, `x:${raw}`)
      const history = await lab.hub.runtime.desk.history(PARTNER, 'samples/webhook.taskStarted.canonical.json')
      assert.deepEqual([history[0]?.by, history[0]?.why], ['analyst', 'codes are marked now'])
      const [again] = await lab
        .told('POST', 'goldens/run', { ...HERE, source: changed() })
        .then((all) => all.filter(({ name }: { name: string }) => name === 'webhook.taskStarted'))
      assert.equal(again.ok, true)
      await lab.hub.runtime.desk.undo(PARTNER, 'samples/webhook.taskStarted.canonical.json', { by: 'test' })
    })

    it('are not accepted when they are not valid', async () => {
      const asked = { ...HERE, source: '{ "rawCode": "x" }', name: 'webhook.taskStarted', why: 'why not' }
      assert.equal((await lab.ask('analyst', 'POST', 'goldens/accept', asked)).told.code, 'lab.golden-invalid')
    })

    it('are added from a message, its personal data replaced by inventions and nothing of its headers kept', async () => {
      await received('message-added')
      const asked = { ...HERE, sample: { id: 'message:message-added' }, source, name: 'fromYesterday' }
      const { replaced, files } = await lab.told('POST', 'goldens/add', asked)
      assert.deepEqual(files, ['webhook.fromYesterday.json', 'webhook.fromYesterday.canonical.json'])
      assert.ok(replaced.some(({ path }: { path: string }) => path === 'body.data.task.recipients.name'))
      const text = readFileSync(join(folder, 'samples', String(files[0])), 'utf8')
      const original = sample(templateOf(PARTNER), 'webhook.taskCompleted.json')
      const [recipient] = original.data.task.recipients
      assert.ok(!text.includes(recipient.name) && !text.includes(recipient.phone))
      assert.equal(JSON.parse(text).taskId, original.taskId)
      assert.ok(!existsSync(join(folder, 'samples', 'webhook.fromYesterday.http.json')))
      const results = await lab.told('POST', 'goldens/run', HERE)
      assert.ok(results.some(({ name, ok }: { name: string; ok: boolean }) => name === 'webhook.fromYesterday' && ok))
      const samples = await lab.told('GET', 'samples', HERE)
      assert.ok(samples.some(({ id }: { id: string }) => id === 'template:webhook.fromYesterday.json'))
      assert.equal((await lab.ask('analyst', 'POST', 'goldens/add', asked)).told.field, 'name')
    })

    for (const name of ['', '../x', 'a/b', 'x'.repeat(100), 7, '.hidden', 'a..b'])
      it(`are not added by the name ${JSON.stringify(name).slice(0, 20)}`, async () => {
        const { status, told } = await lab.ask('analyst', 'POST', 'goldens/add', {
          ...HERE,
          source,
          name,
          sample: { id: SAMPLE },
        })
        assert.deepEqual([status, told.field], [422, 'name'])
      })

    it('of an operation stay one', async () => {
      const asked = {
        partner: PARTNER,
        mapping: 'map/book.request.jsonata',
        source: 'x',
        name: 'more',
        sample: { body: {} },
      }
      assert.equal((await lab.ask('analyst', 'POST', 'goldens/add', asked)).told.code, 'lab.one-sample')
    })
  })

  it('says what a change would do to samples and to messages', async () => {
    await received('message-compared')
    const asked = { ...HERE, source: source.replace('"rawCode": ', '"rawCode": "x:" & ') }
    const { summary, changes } = await lab.told('POST', 'compatibility', asked)
    assert.ok(summary.changed > 3 && summary.broken === 0)
    assert.ok(changes.some(({ sample: id }: { sample: string }) => id === 'message:message-compared'))
  })

  it('settles drift by name of who did it', async () => {
    const { runtime } = lab.hub
    runtime.lab.watch.see({ ...HERE, body: { brandNew: 1 } })
    await runtime.lab.watch.flush()
    const open = await lab.told('GET', 'drift', { partner: PARTNER })
    assert.deepEqual(
      open.map(({ path, kind }: { path: string; kind: string }) => [path, kind]),
      [['brandNew', 'new']],
    )
    const metrics = await (await fetch(`${lab.hub.url}/metrics`)).text()
    assert.match(metrics, /cartage_mapping_drift\{partner="onfleet",kind="new"\} 1/)
    await lab.told('POST', 'drift/settle', { ...HERE, path: 'brandNew' })
    assert.deepEqual(await lab.told('GET', 'drift', { partner: PARTNER }), [])
    const audit = await runtime.hub.store.audit.page({ limit: 10, subject: `${PARTNER}/${MAPPING}` })
    assert.equal(audit[0]?.actor, 'analyst')
  })

  describe('what cannot be', () => {
    const good = { ...HERE, source: 'body', sample: { id: SAMPLE } }
    for (const [what, path, asked, status, code] of [
      ['an unknown partner', 'try', { ...good, partner: 'nobody' }, 404, 'lab.unknown-partner'],
      ['a partner by a trick', 'try', { ...good, partner: '__proto__' }, 404, 'lab.unknown-partner'],
      ['an unknown mapping', 'try', { ...good, mapping: 'map/none.jsonata' }, 404, 'lab.unknown-mapping'],
      ['a mapping outside of the template', 'try', { ...good, mapping: '../../secrets' }, 404, 'lab.unknown-mapping'],
      ['an unknown sample', 'try', { ...good, sample: { id: 'template:none.json' } }, 404, 'lab.unknown-sample'],
      [
        'a sample outside of the template',
        'try',
        { ...good, sample: { id: 'template:../manifest.json' } },
        404,
        'lab.unknown-sample',
      ],
      ['a message that is not there', 'try', { ...good, sample: { id: 'message:none' } }, 404, 'lab.unknown-sample'],
      ['an unknown entity', 'try', { ...good, mapping: 'node:1', entity: 'ghost' }, 404, 'lab.unknown-entity'],
      ['a target that is none', 'link', { ...HERE, source: '{}', target: 7, expression: 'x' }, 422, 'lab.request'],
      ['an expression that is none', 'link', { source: '{}', target: 'a', expression: '][' }, 422, 'mapping.syntax'],
      [
        'a draft to link into that is none',
        'link',
        { source: '{', target: 'a', expression: 'x' },
        422,
        'mapping.syntax',
      ],
      ['a suggestion for nothing', 'suggest', { ...HERE, source: '{}' }, 422, 'lab.request'],
      ['no sample', 'try', { ...HERE, source: 'body' }, 422, 'lab.request'],
      ['no source', 'try', { ...good, source: 7 }, 422, 'lab.request'],
      ['a source without end', 'try', { ...good, source: '1'.repeat(300_000) }, 422, 'lab.request'],
      ['headers that are none', 'try', { ...good, sample: { body: 1, headers: [1] } }, 422, 'lab.request'],
      ['drift that is not there', 'drift/settle', { ...HERE, path: 'never' }, 422, 'drift.unknown'],
    ] as const)
      it(`${what} is refused with ${status} ${code}`, async () => {
        const { status: found, told } = await lab.ask('analyst', 'POST', path, asked)
        assert.deepEqual([found, told.code], [status, code])
      })

    it('an entity that nobody knows has no tree', async () => {
      assert.equal((await lab.ask('viewer', 'GET', 'targets/__proto__')).status, 404)
    })
  })
})
