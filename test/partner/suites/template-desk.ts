import assert from 'node:assert/strict'
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type DeskDeps, TemplateDesk } from '../../../engine/partner/desk/desk.ts'
import { loadProfiles, type Profile } from '../../../engine/partner/profile.ts'
import type { DocumentStore } from '../../../engine/store/ports.ts'
import { eventually } from '../../support/eventually.ts'
import { type OpenTestStore, storeBench } from '../../support/store-bench.ts'
import { evaluator, templateOf } from '../../support/templates.ts'

const SLUG = 'onfleet'
const MAP = 'map/webhook.jsonata'
const ANNA = { by: 'anna', why: 'their new field' }
const BEN = { by: 'ben' }

export function templateDeskSuite(name: string, open?: OpenTestStore): void {
  describe(`the desk of templates on the ${name} store`, () => {
    const bench = storeBench(open)
    let desks: TemplateDesk[]
    let warnings: string[]
    let folder: string
    beforeEach(() => {
      desks = []
      warnings = []
      folder = templateCopy('templates')
    })
    afterEach(() => Promise.all(desks.map((desk) => desk.stop())))

    /** A template folder of its own, as another machine has it. */
    function templateCopy(at: string): string {
      const copy = join(bench.folder, at)
      mkdirSync(join(copy, 'couriers'), { recursive: true })
      cpSync(templateOf(SLUG).folder, join(copy, 'couriers', SLUG), { recursive: true })
      return copy
    }
    /** One process with its profiles. */
    async function worker(templates = folder, more: Partial<DeskDeps> = {}) {
      const profiles = loadProfiles(templates, { compile: evaluator.compile })
      const { documents, audit, motor } = bench.store
      const desk = new TemplateDesk({
        ...{ documents, audit, motor, clock: bench.clock, profiles, compile: evaluator.compile },
        warn: (line) => warnings.push(line),
        ...more,
      })
      desks.push(desk)
      await desk.follow()
      return { desk, profile: profiles.get(SLUG) as Profile }
    }
    const onDisk = (path: string, templates = folder) => readFileSync(join(templates, 'couriers', SLUG, path), 'utf8')
    const writeOnDisk = (path: string, text: string, templates = folder) =>
      writeFileSync(join(templates, 'couriers', SLUG, path), text)
    const refusal = (code: string, field?: string) => (error: { code?: string; field?: string }) =>
      assert.deepEqual([error.code, error.field], [code, field]) ?? true

    it('puts a saved mapping in force at once, keeps who, when and why, and writes it to the folder', async () => {
      const { desk, profile } = await worker()
      const before = profile.mappings[MAP]!
      assert.deepEqual(desk.read(SLUG, MAP), {
        ...{ slug: SLUG, path: MAP, text: before, version: 0, edited: false, conflicts: [] },
      })
      const saved = await desk.save(SLUG, MAP, '[]', ANNA)
      const at = bench.clock.now()
      assert.deepEqual(saved, { slug: SLUG, path: MAP, version: 1, edited: true, by: 'anna', at, conflicts: [] })
      assert.equal(profile.mappings[MAP], '[]')
      assert.equal(onDisk(MAP), '[]')
      assert.equal(desk.read(SLUG, MAP).text, '[]')
      assert.deepEqual(await desk.history(SLUG, MAP), [
        { version: 1, by: 'anna', at, why: 'their new field', asTemplate: false },
        { version: 0, by: '', at: 0, asTemplate: true },
      ])
      const [entry] = await bench.store.audit.page({ limit: 10 })
      assert.deepEqual(
        [entry?.actor, entry?.action, entry?.subject, entry?.details],
        ['anna', 'template.edit', SLUG, { path: MAP, version: 1, why: 'their new field' }],
      )
    })

    it('takes changes back one by one, down to what the template has, and no further', async () => {
      const { desk, profile } = await worker()
      const own = profile.mappings[MAP]
      await desk.save(SLUG, MAP, '[1]', ANNA)
      await desk.save(SLUG, MAP, '[2]', BEN)
      assert.equal(await desk.textOf(SLUG, MAP, 1), '[1]')
      assert.equal((await desk.undo(SLUG, MAP, BEN)).edited, true)
      assert.equal(profile.mappings[MAP], '[1]')
      const last = await desk.undo(SLUG, MAP, BEN)
      assert.deepEqual([last.version, last.edited], [4, false])
      assert.equal(profile.mappings[MAP], own)
      assert.equal(onDisk(MAP), own)
      await assert.rejects(desk.undo(SLUG, MAP, BEN), refusal('template.nothing-to-undo'))
      assert.deepEqual(
        (await desk.history(SLUG, MAP)).map(({ version, backTo }) => [version, backTo]),
        [
          [4, 0],
          [3, 1],
          [2, undefined],
          [1, undefined],
          [0, undefined],
        ],
      )
      await assert.rejects(desk.undo(SLUG, 'map/track.answer.jsonata', BEN), refusal('template.nothing-to-undo'))
    })

    it('puts rates in force where there were none, and takes them back; what is no table of rates is refused', async () => {
      const { desk, profile } = await worker()
      const card = { currency: 'USD', zones: [{ id: 'home' }], steps: [{ upToKg: 5, prices: { home: '4.90' } }] }
      await desk.save(SLUG, 'rates.json', JSON.stringify([card]), ANNA)
      assert.deepEqual(profile.rates, [card])
      assert.deepEqual(JSON.parse(onDisk('rates.json')), [card])
      const wrong = JSON.stringify([{ ...card, currency: 'dollar' }])
      await assert.rejects(desk.save(SLUG, 'rates.json', wrong, ANNA), refusal('routing.invalid', '0.currency'))
      await assert.rejects(desk.save(SLUG, 'rates.json', '[', ANNA), refusal('template.text', 'text'))
      await desk.undo(SLUG, 'rates.json', BEN)
      assert.equal(profile.rates, undefined)
      assert.deepEqual((await worker()).profile.rates, undefined)
    })

    it('changes nothing when what holds is saved again', async () => {
      const { desk, profile } = await worker()
      assert.equal((await desk.save(SLUG, MAP, profile.mappings[MAP]!, ANNA)).version, 0)
      await desk.save(SLUG, MAP, '[]', ANNA)
      assert.equal((await desk.save(SLUG, MAP, '[]', BEN)).version, 1)
      assert.equal((await bench.store.audit.page({ limit: 10 })).length, 1)
    })

    it('refuses to write over what somebody else has saved since it was read', async () => {
      const { desk, profile } = await worker()
      await desk.save(SLUG, MAP, '[1]', { ...ANNA, expected: 0 })
      await assert.rejects(desk.save(SLUG, MAP, '[2]', { ...BEN, expected: 0 }), refusal('template.changed'))
      const both = [1, 2, 3, 4].map((n) => desk.save(SLUG, MAP, `[${n * 10}]`, { ...BEN, expected: 1 }))
      const results = await Promise.allSettled(both)
      assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1)
      assert.equal(desk.read(SLUG, MAP).version, 2)
      assert.equal(profile.mappings[MAP], desk.read(SLUG, MAP).text)
    })

    it('changes single codes, whoever changes others at the same time, and leaves the rest of the file as it is', async () => {
      const { desk, profile } = await worker()
      const lines = onDisk('codes.json').split('\n')
      const [one, other] = await Promise.all([
        desk.saveCodes(SLUG, { set: { taskLost: { type: 'shipment.lost', label: 'Lost' } } }, ANNA),
        desk.saveCodes(SLUG, { set: { taskEta: { ignored: true, label: 'We reckon ourselves' } } }, BEN),
      ])
      assert.deepEqual([one.version, other.version].sort(), [1, 2])
      await desk.saveCodes(SLUG, { remove: ['taskDelayed'] }, ANNA)
      assert.deepEqual(profile.codes.taskLost, { type: 'shipment.lost', label: 'Lost' })
      assert.deepEqual(profile.codes.taskEta, { ignored: true, label: 'We reckon ourselves' })
      assert.equal(profile.codes.taskDelayed, undefined)
      assert.deepEqual(JSON.parse(onDisk('codes.json')), profile.codes)
      assert.deepEqual(desk.codes(SLUG), { codes: profile.codes, version: 3 })
      const kept = onDisk('codes.json').split('\n')
      assert.equal(lines.filter((line) => !kept.includes(line)).length, 3, 'the last entry got a comma')
      const [newest] = await desk.history(SLUG, 'codes.json')
      assert.deepEqual(newest?.codes, { taskDelayed: { from: templateOf(SLUG).codes.taskDelayed, to: null } })
    })

    it('takes changes of codes back, in the file as well', async () => {
      const { desk, profile } = await worker()
      const own = profile.codes
      await desk.saveCodes(SLUG, { set: { taskLost: { type: 'shipment.lost' } } }, ANNA)
      await desk.saveCodes(SLUG, { set: { taskLost: { type: 'shipment.held' } }, remove: ['taskEta'] }, ANNA)
      await desk.undo(SLUG, 'codes.json', BEN)
      assert.deepEqual(profile.codes, { ...own, taskLost: { type: 'shipment.lost' } })
      const last = await desk.undo(SLUG, 'codes.json', BEN)
      assert.deepEqual([profile.codes, last.edited], [own, false])
      assert.deepEqual(JSON.parse(onDisk('codes.json')), own)
    })

    it('takes a whole code table, and keeps what was changed of it', async () => {
      const { desk, profile } = await worker()
      const { taskEta: _gone, ...rest } = profile.codes
      const wanted = { ...rest, neu: { type: 'shipment.held' } }
      await desk.save(SLUG, 'codes.json', JSON.stringify(wanted), ANNA)
      assert.deepEqual(profile.codes, wanted)
      const [newest] = await desk.history(SLUG, 'codes.json')
      assert.deepEqual(Object.keys(newest?.codes ?? {}).sort(), ['neu', 'taskEta'])
    })

    it('adds samples, and takes them away again', async () => {
      const { desk } = await worker()
      const path = 'samples/webhook.new.json'
      await desk.save(SLUG, path, '{"a": 1}', ANNA)
      assert.equal(onDisk(path), '{"a": 1}')
      assert.ok(desk.samples(SLUG).includes('webhook.new.json'))
      await desk.undo(SLUG, path, ANNA)
      assert.ok(!desk.samples(SLUG).includes('webhook.new.json'))
      assert.throws(() => desk.read(SLUG, path), refusal('template.no-file', 'path'))
      assert.throws(() => onDisk(path), /ENOENT/)
    })

    it('holds in every process, at once and after a restart, also where the folder has not got it', async () => {
      const here = await worker()
      const there = await worker(templateCopy('other'))
      const changes: string[] = []
      there.desk.onChange((slug, path) => changes.push(`${slug} ${path}`))
      await here.desk.save(SLUG, MAP, '[7]', ANNA)
      await here.desk.saveCodes(SLUG, { set: { x: { type: 'shipment.lost' } } }, ANNA)
      await eventually(() => there.profile.codes.x !== undefined && there.profile.mappings[MAP] === '[7]')
      assert.deepEqual(changes.sort(), ['onfleet codes.json', `onfleet ${MAP}`])
      assert.equal(there.desk.read(SLUG, MAP).by, 'anna')
      const fresh = templateCopy('fresh')
      const restarted = await worker(fresh)
      assert.equal(restarted.profile.mappings[MAP], '[7]')
      assert.deepEqual(restarted.profile.codes.x, { type: 'shipment.lost' })
      assert.equal(onDisk(MAP, fresh), '[7]', 'and has it then')
      assert.deepEqual(warnings, [])
    })

    it('holds although the process was killed between the store and the file', async () => {
      const { documents } = bench.store
      const killed: DocumentStore = {
        get: (...of) => documents.get(...of),
        find: (...of) => documents.find(...of),
        page: (...of) => documents.page(...of),
        delete: (...of) => documents.delete(...of),
        expire: (...of) => documents.expire(...of),
        async put(kind, ...rest) {
          const put = await documents.put(kind, ...(rest as [string, never, never]))
          if (kind === 'template-edit') throw new Error('killed')
          return put as never
        },
      }
      const first = await worker(folder, { documents: killed })
      const own = onDisk(MAP)
      await assert.rejects(first.desk.save(SLUG, MAP, '[3]', ANNA), /killed/)
      assert.equal(onDisk(MAP), own)
      const next = await worker()
      assert.equal(next.profile.mappings[MAP], '[3]')
      assert.equal(onDisk(MAP), '[3]')
    })

    it('keeps an edit in force over a newer template, says so, and overwrites nothing unasked', async () => {
      const first = await worker()
      await first.desk.save(SLUG, MAP, '[1]', ANNA)
      await first.desk.saveCodes(SLUG, { set: { taskEta: { type: 'shipment.lost' } } }, ANNA)
      await first.desk.stop()
      const newer = templateCopy('newer')
      writeOnDisk(MAP, '["newer"]', newer)
      const table = { ...templateOf(SLUG).codes, taskEta: { type: 'shipment.held' }, more: { type: 'shipment.lost' } }
      writeOnDisk('codes.json', JSON.stringify(table), newer)
      const { desk, profile } = await worker(newer)
      assert.equal(profile.mappings[MAP], '[1]')
      assert.deepEqual(profile.codes.taskEta, { type: 'shipment.lost' })
      assert.deepEqual(profile.codes.more, { type: 'shipment.lost' }, 'what is new beside it comes in')
      assert.equal(onDisk(MAP, newer), '["newer"]')
      assert.deepEqual(JSON.parse(onDisk('codes.json', newer)), table)
      assert.deepEqual(
        desk.edited(SLUG).map(({ path, conflicts }) => [path, conflicts]),
        [
          ['codes.json', ['taskEta']],
          [MAP, [MAP]],
        ],
      )
      assert.equal(warnings.length, 2)

      await desk.undo(SLUG, MAP, BEN)
      assert.equal(profile.mappings[MAP], '["newer"]', 'taken back, the newer template holds')
      assert.equal(onDisk(MAP, newer), '["newer"]')
      await desk.undo(SLUG, 'codes.json', BEN)
      assert.deepEqual(profile.codes, table)
      assert.deepEqual(
        desk.edited(SLUG).flatMap(({ conflicts }) => conflicts),
        [],
      )
    })

    it('settles a newer template by saving again; undone, the newer one holds', async () => {
      const first = await worker()
      await first.desk.save(SLUG, MAP, '[1]', ANNA)
      await first.desk.stop()
      writeOnDisk(MAP, '["newer"]')
      const { desk, profile } = await worker()
      const saved = await desk.save(SLUG, MAP, '[1]', BEN)
      assert.deepEqual([saved.version, saved.conflicts], [2, []])
      assert.equal(onDisk(MAP), '[1]')
      await desk.undo(SLUG, MAP, BEN)
      assert.equal(profile.mappings[MAP], '["newer"]')
    })

    it('says where the folder cannot be written, and holds all the same', async () => {
      const { desk } = await worker()
      const samples = join(folder, 'couriers', SLUG, 'samples')
      rmSync(samples, { recursive: true })
      writeFileSync(samples, 'no folder')
      const saved = await desk.save(SLUG, 'samples/a.json', '{}', ANNA)
      assert.match(saved.unwritten!, /^E[A-Z]+$/)
      assert.equal(desk.read(SLUG, 'samples/a.json').unwritten, saved.unwritten)
      assert.equal(desk.read(SLUG, 'samples/a.json').text, '{}')
    })

    it('leaves the template in force where an edit cannot be used any more', async () => {
      const first = await worker()
      await first.desk.save(SLUG, MAP, '[9]', ANNA)
      const compile = (source: string) => {
        if (source === '[9]') throw new Error('not any more')
      }
      const other = await worker(templateCopy('other'), { compile })
      assert.equal(other.profile.mappings[MAP], templateOf(SLUG).mappings[MAP])
      assert.match(warnings[0]!, /webhook\.jsonata: what was edited cannot be used: not any more/)
    })

    for (const [title, slug, path, text, code, field] of [
      ['an unknown partner', 'nobody', MAP, '[]', 'template.unknown', 'partner'],
      ['an inherited name', 'constructor', MAP, '[]', 'template.unknown', 'partner'],
      ['a manifest that is none', SLUG, 'manifest.json', '{}', 'profile.invalid', 'id'],
      ['a manifest that is no JSON', SLUG, 'manifest.json', '{', 'profile.invalid', undefined],
      ['a manifest without end', SLUG, 'manifest.json', ' '.repeat(1_100_000), 'template.too-long', 'text'],
      ['a way out', SLUG, 'map/../../../x.jsonata', '[]', 'template.path', 'path'],
      ['a way out of the samples', SLUG, 'samples/../manifest.json', '{}', 'template.path', 'path'],
      ['an absolute path', SLUG, '/etc/passwd', '', 'template.path', 'path'],
      ['a hidden file', SLUG, 'samples/.git.json', '{}', 'template.path', 'path'],
      ['a path with a NUL', SLUG, 'map/a\0.jsonata', '[]', 'template.path', 'path'],
      ['a program among the samples', SLUG, 'samples/a.js', '', 'template.path', 'path'],
      ['a mapping without end', SLUG, MAP, ' '.repeat(300_000), 'template.too-long', 'text'],
      ['a sample without end', SLUG, 'samples/a.json', ' '.repeat(1_100_000), 'template.too-long', 'text'],
      ['half a character', SLUG, MAP, '"\ud800"', 'template.text', 'text'],
      ['a mapping that is none', SLUG, MAP, '{"a": ', 'mapping.syntax', undefined],
      ['a sample that is no JSON', SLUG, 'samples/a.json', '{"a": ', 'template.text', 'text'],
      ['a table that is no JSON', SLUG, 'codes.json', '{', 'template.text', 'text'],
      ['a code with a wrong event', SLUG, 'codes.json', '{"a":{"type":"x"}}', 'template.codes', 'a.type'],
      ['a table that is a list', SLUG, 'codes.json', '[]', 'template.codes', 'codes'],
    ] as [string, string, string, string, string, string | undefined][]) {
      it(`refuses ${title}`, async () => {
        const { desk } = await worker()
        await assert.rejects(desk.save(slug, path, text, ANNA), refusal(code, field))
        assert.deepEqual(desk.edited(SLUG), [])
        assert.deepEqual(await bench.store.audit.page({ limit: 1 }), [])
      })
    }

    it('puts an edited manifest in force for everybody who holds the profile, in every process, and takes it back', async () => {
      const { desk, profile } = await worker()
      const other = await worker(templateCopy('other'))
      const { text } = desk.read(SLUG, 'manifest.json')
      const before = { ...profile }
      const manifest = JSON.parse(text)
      manifest.limits.requestsPerSecond = 77
      delete manifest.website
      await desk.save(SLUG, 'manifest.json', JSON.stringify(manifest), ANNA)
      assert.deepEqual([profile.limits.requestsPerSecond, 'website' in profile], [77, false])
      assert.deepEqual([profile.mappings, profile.codes], [before.mappings, before.codes])
      await eventually(() => other.profile.limits.requestsPerSecond === 77)
      await desk.undo(SLUG, 'manifest.json', ANNA)
      assert.deepEqual([profile.limits, profile.website], [before.limits, before.website])
    })

    it('refuses a manifest that makes another partner of it, or says how far it has come', async () => {
      const { desk } = await worker()
      const manifest = JSON.parse(desk.read(SLUG, 'manifest.json').text)
      for (const [field, value, code] of [
        ['id', 'somebody', 'profile.invalid'],
        ['kind', 'erp', 'profile.invalid'],
        ['status', manifest.status === 'live' ? 'tested' : 'live', 'template.fixed'],
      ] as const)
        await assert.rejects(
          desk.save(SLUG, 'manifest.json', JSON.stringify({ ...manifest, [field]: value }), ANNA),
          refusal(code, field),
        )
    })

    it('refuses reasons and codes that cannot be', async () => {
      const { desk } = await worker()
      await assert.rejects(
        desk.save(SLUG, MAP, '[]', { by: 'a', why: 'x'.repeat(1001) }),
        refusal('template.why', 'why'),
      )
      const set = { a: { type: 'delivery.completed', reason: 'rain' } } as never
      await assert.rejects(desk.saveCodes(SLUG, { set }, ANNA), refusal('template.codes', 'a.reason'))
      await assert.rejects(desk.saveCodes('nobody', { remove: ['a'] }, ANNA), refusal('template.unknown', 'partner'))
    })
  })
}
