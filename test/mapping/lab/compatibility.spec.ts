import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readSchema } from '../../../engine/canonical/index.ts'
import { compatibility } from '../../../engine/mapping/lab/compatibility.ts'
import { packageRoot } from '../../../engine/package-root.ts'
import { lab } from '../../support/lab.ts'
import { temporaryFolder } from '../../support/temp.ts'
import { templateOf } from '../../support/templates.ts'

describe('what a change would do, before it holds', function () {
  this.timeout(30_000)
  const here = { partner: 'onfleet', mapping: 'map/webhook.jsonata' }
  const ask = (asked: object) => compatibility(lab, asked, true)
  const source = () => lab.profiles.get('onfleet')!.mappings[here.mapping]!

  it('is nothing for what means the same', async () => {
    const { summary, changes } = await ask({ ...here, source: `/* said otherwise */ ${source()}` })
    assert.ok(summary.looked > 5)
    assert.deepEqual([summary.broken, summary.mended, summary.changed, changes], [0, 0, 0, []])
    assert.equal(summary.messages, 0)
  })

  it('of a mapping: which samples come out otherwise, and how', async () => {
    const { summary, changes } = await ask({ ...here, source: source().replace('"rawCode": ', '"rawCode": "x" & ') })
    assert.ok(summary.changed > 3 && summary.broken === 0)
    for (const { diff, effect } of changes) {
      assert.equal(effect, 'changed')
      assert.ok(diff.some(({ path, kind }) => path.endsWith('rawCode') && kind === 'changed'))
    }
  })

  it('of a mapping that breaks: which samples are good no longer, and why', async () => {
    const { summary, changes } = await ask({ ...here, source: source().replace('"rawCode": ', '"rawKode": ') })
    assert.ok(summary.broken > 3)
    assert.ok(changes.some(({ after }) => after.issues.some((issue) => issue.startsWith('rawKode'))))
  })

  it('of a code table: the events that become others', async () => {
    const codes = { taskEta: { type: 'transit.delayed' }, taskStarted: null }
    const { changes } = await ask({ partner: 'onfleet', codes })
    const types = changes.flatMap(({ diff }) => diff.filter(({ path }) => /^\d+\.type$/.test(path)))
    const kinds = new Set(types.map(({ expected, actual }) => `${expected} → ${actual}`))
    assert.deepEqual([...kinds].sort(), [
      'delivery.approaching → transit.delayed',
      'delivery.out_for_delivery → status.unmapped',
    ])
  })

  it('of a schema: what is valid no longer, at every partner', async () => {
    const schema = readSchema('delivery-event')
    const { summary, changes } = await ask({
      schema: { entity: 'delivery-event', schema: { ...schema, required: [...(schema.required ?? []), 'location'] } },
    })
    assert.ok(summary.broken > 20)
    assert.ok(new Set(changes.map(({ partner }) => partner)).size > 5)
    assert.ok(changes.every(({ after }) => after.issues.some((issue) => issue === 'location: is missing')))
  })

  for (const [what, asked, field] of [
    ['nothing to change', { partner: 'onfleet' }, 'source'],
    ['a source for no mapping', { partner: 'onfleet', source: '1' }, 'mapping'],
    ['codes for nobody', { codes: {} }, 'partner'],
    ['codes that are none', { partner: 'onfleet', codes: { x: { type: 'no.such' } } }, 'codes.x.type'],
    ['codes by a trick', { partner: 'onfleet', codes: JSON.parse('{"__proto__": {"type": "x"}}') }, 'codes.__proto__'],
    ['a schema that is none', { schema: { entity: 'shipment', schema: { type: 'nonsense' } } }, 'schema.schema'],
    ['a schema of nothing', { schema: { entity: 'ghost', schema: {} } }, 'entity'],
    ['a schema without end', { schema: { entity: 'shipment', schema: { x: 'y'.repeat(600_000) } } }, 'schema'],
  ] as const)
    it(`${what} is refused, naming ${field}`, () => assert.rejects(ask(asked), { category: 'invalid', field }))

  describe('by command line', () => {
    const folder = temporaryFolder()
    const template = join(folder.path, 'couriers/onfleet')
    before(() => cpSync(templateOf('onfleet').folder, template, { recursive: true }))
    after(() => folder.remove())
    const run = (...words: string[]) => {
      const file = join(packageRoot(), 'scripts/mappings.mjs')
      const env = { ...process.env, CARTAGE_TEMPLATES: folder.path, INIT_CWD: folder.path }
      const { status, stdout, stderr } = spawnSync(process.execPath, [file, ...words], { env, encoding: 'utf8' })
      return { status, said: stdout + stderr }
    }

    it('golden samples that all come out end it with 0, a changed one with 1 and the difference', () => {
      const good = run('goldens')
      assert.deepEqual(
        [good.status, /onfleet: (\d+) of \1 golden samples come out/.test(good.said)],
        [0, true],
        good.said,
      )
      const golden = join(template, 'samples/webhook.taskStarted.canonical.json')
      const text = readFileSync(golden, 'utf8')
      writeFileSync(golden, text.replace('out_for_delivery', 'arrived'))
      const bad = run('goldens', 'onfleet')
      writeFileSync(golden, text)
      assert.equal(bad.status, 1)
      assert.match(bad.said, /type changed: "delivery.arrived" → "delivery.out_for_delivery"/)
    })

    it('a change that breaks samples ends it with 1, one that does not with 0', () => {
      writeFileSync(join(folder.path, 'same.jsonata'), source())
      writeFileSync(join(folder.path, 'worse.jsonata'), '{ "rawCode": 1 }')
      const words = ['compatibility', 'onfleet', '--mapping', here.mapping, '--source']
      assert.equal(run(...words, 'same.jsonata').status, 0)
      const worse = run(...words, 'worse.jsonata')
      assert.equal(worse.status, 1)
      assert.match(worse.said, /\d+ broken/)
    })

    for (const words of [[], ['nonsense'], ['goldens', 'a', 'b'], ['compatibility', 'nobody']])
      it(`${words.join(' ') || 'nothing'} ends it with 1 and one line that says why`, () => {
        const { status, said } = run(...words)
        assert.equal(status, 1)
        assert.match(said, /^mappings: /)
      })
  })
})
