import assert from 'node:assert/strict'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { TemplateDesk } from '../../../engine/partner/desk/desk.ts'
import { loadProfiles, type Profile } from '../../../engine/partner/profile.ts'
import { filesIn, versionOf } from '../../../engine/partner/registry/files.ts'
import { madeFrom, readAnswers } from '../../../engine/partner/registry/new-partner.ts'
import { OwnPartners } from '../../../engine/partner/registry/own-partners.ts'
import { PartnerStatuses } from '../../../engine/partner/registry/status.ts'
import { noteTrial, proofOf } from '../../../engine/partner/registry/trial-proof.ts'
import { Upgrades } from '../../../engine/partner/registry/upgrades.ts'
import { eventually } from '../../support/eventually.ts'
import { type OpenTestStore, storeBench } from '../../support/store-bench.ts'
import { evaluator, templateOf } from '../../support/templates.ts'

const TEMPLATE = 'generic-webhook'
const MAP = 'map/webhook.jsonata'
const ANNA = { by: 'anna', why: 'as they wrote' }

/** One process that knows partners of one's own, on the store of the bench. */
interface Worker {
  own: OwnPartners
  desk: TemplateDesk
  statuses: PartnerStatuses
  upgrades: Upgrades
  profiles: Map<string, Profile>
  dir: string
}

export function ownPartnersSuite(name: string, open?: OpenTestStore): void {
  describe(`partners of one’s own on the ${name} store`, () => {
    const bench = storeBench(open)
    let stops: (() => Promise<void>)[]
    let warnings: string[]
    beforeEach(() => {
      stops = []
      warnings = []
      const to = join(bench.folder, 'templates', 'couriers', TEMPLATE)
      mkdirSync(join(to, '..'), { recursive: true })
      cpSync(templateOf(TEMPLATE).folder, to, { recursive: true })
    })
    afterEach(async () => {
      for (const stop of stops) await stop()
    })

    async function worker(at: string): Promise<Worker> {
      const { documents, audit, motor } = bench.store
      const profiles = loadProfiles(join(bench.folder, 'templates'), { compile: evaluator.compile })
      const dir = join(bench.folder, at)
      const warn = (line: unknown) => void warnings.push(String(line))
      const common = { documents, audit, motor, clock: bench.clock, profiles, warn, compile: evaluator.compile }
      const own = new OwnPartners({ ...common, dir })
      const desk = new TemplateDesk(common)
      const proof = (slug: string) => proofOf(documents, slug, versionOf(desk.files(slug)))
      const statuses = new PartnerStatuses({ ...common, proof, complain: warn })
      await own.start()
      await desk.follow()
      own.follow({ adopt: (profile) => desk.adopt(profile), forget: (slug) => desk.forget(slug) })
      await statuses.start()
      stops.push(async () => void (await Promise.all([own.stop(), desk.stop(), statuses.stop()])))
      return { own, desk, statuses, upgrades: new Upgrades({ ...common, own, desk, statuses }), profiles, dir }
    }
    const restart = async (at: string) => {
      await stops.pop()?.()
      return worker(at)
    }
    function make({ own, desk, profiles }: Worker, wish: object = {}) {
      const answers = readAnswers({ template: TEMPLATE, label: 'Swift Van', ...wish })
      const template = profiles.get(TEMPLATE) ?? assert.fail()
      return own.create(madeFrom(template, desk.files(TEMPLATE), answers), 'anna')
    }
    const folderOf = ({ dir }: Worker, slug = 'swift-van') => join(dir, 'couriers', slug)
    /** A new version of the template, as a new version of the program brings it. */
    function release(version: string, change: Record<string, string | null | ((text: string) => string)>): void {
      const folder = join(bench.folder, 'templates', 'couriers', TEMPLATE)
      const all = {
        'manifest.json': (text: string) => text.replace(/"version": "[^"]+"/, `"version": "${version}"`),
        ...change,
      }
      for (const [path, next] of Object.entries(all)) {
        const file = join(folder, path)
        if (next === null) rmSync(file)
        else writeFileSync(file, typeof next === 'string' ? next : next(readFileSync(file, 'utf8')))
      }
    }
    const code = (refused: string, field?: string) => (error: { code?: string; field?: string }) =>
      assert.deepEqual([error.code, error.field], [refused, field]) ?? true

    it('are there in every process within moments, and after a restart, with what people edited', async () => {
      const one = await worker('one')
      const other = await worker('other')
      const profile = await make(one, { limits: { requestsPerSecond: 3 } })
      assert.equal(one.profiles.get('swift-van'), profile)
      await eventually(() => other.profiles.get('swift-van')?.limits.requestsPerSecond === 3)
      assert.deepEqual(filesIn(folderOf(other)), filesIn(folderOf(one)))
      await other.desk.save('swift-van', MAP, '[]', ANNA)
      await eventually(() => profile.mappings[MAP] === '[]')
      rmSync(other.dir, { recursive: true })
      const again = await restart('other')
      assert.equal(again.profiles.get('swift-van')?.mappings[MAP], '[]')
      assert.equal(readFileSync(join(folderOf(again), MAP), 'utf8'), '[]')
      assert.deepEqual(warnings, [])
    })

    it('have one name each, whoever is first', async () => {
      const [one, other] = [await worker('one'), await worker('other')]
      const outcomes = await Promise.allSettled([make(one), make(other, { label: 'swift van' })])
      const lost = outcomes.find((outcome) => outcome.status === 'rejected')
      assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
      assert.equal(lost?.reason.code, 'partner.taken')
      await assert.rejects(make(one, { slug: TEMPLATE }), code('partner.taken', 'slug'))
      await eventually(() => one.profiles.get('swift-van')?.label === other.profiles.get('swift-van')?.label)
    })

    it('go again in every process, and leave nothing to a later one of the same name', async () => {
      const [one, other] = [await worker('one'), await worker('other')]
      await make(one)
      await eventually(() => other.profiles.has('swift-van'))
      await other.desk.save('swift-van', MAP, '[]', ANNA)
      await one.desk.discard('swift-van')
      await one.own.remove('swift-van', 'anna')
      await eventually(() => !other.profiles.has('swift-van') && !existsSync(folderOf(other)))
      await make(other)
      await eventually(() => one.profiles.has('swift-van'))
      assert.notEqual(one.profiles.get('swift-van')?.mappings[MAP], '[]')
      assert.equal((await other.desk.save('swift-van', MAP, '[1]', ANNA)).version, 1)
      await eventually(() => one.profiles.get('swift-van')?.mappings[MAP] === '[1]')
    })

    it('are not kept from starting by records that cannot be, each of which is told once', async () => {
      const usual = { slug: 'evil', label: 'Evil', kind: 'courier', origin: { template: 'x', version: '1' } }
      const rotten = {
        '../../evil': { slug: '../../evil' },
        'evil-name': { slug: 'swift-van' },
        'evil-kind': { slug: 'evil-kind', kind: '../x' },
        'evil-files': { slug: 'evil-files', files: 'nothing' },
        [TEMPLATE]: { slug: TEMPLATE },
        'evil-void': { slug: undefined },
      }
      for (const [id, body] of Object.entries(rotten)) {
        const record = JSON.parse(JSON.stringify({ ...usual, base: 'x', files: 'x', ...body }))
        await bench.store.documents.put('own-partner', id, record, { expect: 0 })
      }
      const one = await worker('one')
      await make(one)
      assert.ok(one.profiles.has('swift-van'))
      assert.equal(existsSync(join(bench.folder, 'evil')), false)
      assert.equal(warnings.length, Object.keys(rotten).length, warnings.join('\n'))
      for (const warning of warnings) assert.match(warning, /cannot be used/)
    })

    it('are not laid out with files that lead elsewhere, or that are no profile', async () => {
      const one = await worker('one')
      await make(one)
      const head = await bench.store.documents.get('own-partner', 'swift-van')
      for (const [id, files] of [
        ['evil', { '../../evil.json': '{}' }],
        ['broken', { 'manifest.json': '{"id":"broken"}' }],
      ] as const) {
        await bench.store.documents.put('own-partner-files', `${id}@1`, { files }, { expect: 0 })
        const body = { ...head?.body, slug: id, files: `${id}@1` }
        await bench.store.documents.put('own-partner', id, body, { expect: 0 })
      }
      bench.store.motor.wake('own-partners')
      await eventually(() => warnings.length === 2)
      assert.match(warnings.sort().join('\n'), /"broken".*is missing\n.*"evil".*may not be at/)
      assert.equal(existsSync(join(bench.folder, 'evil.json')), false)
      assert.ok(one.profiles.has('swift-van') && !one.profiles.has('broken'))
    })

    it('take over what only the template has changed, keep what only people have, and let them choose for the rest', async () => {
      const first = await worker('one')
      await make(first)
      await first.desk.save('swift-van', MAP, `${first.desk.read('swift-van', MAP).text}\n/* ours */`, ANNA)
      await first.desk.saveCodes(
        'swift-van',
        { set: { ours: { type: 'shipment.lost' }, both: { type: 'shipment.lost' } } },
        ANNA,
      )
      const sample = 'samples/webhook.failed.json'
      await first.desk.save('swift-van', sample, '{"says":"ours"}', ANNA)
      const manifest = JSON.parse(first.desk.read('swift-van', 'manifest.json').text)
      manifest.limits.requestsPerSecond = 3
      await first.desk.save('swift-van', 'manifest.json', JSON.stringify(manifest), ANNA)
      release('1.1.0', {
        [MAP]: (text) => `/* theirs */\n${text}`,
        'codes.json': (text) =>
          text.replace(
            '{',
            '{\n  "theirs": { "type": "shipment.damaged" },\n  "both": { "type": "shipment.damaged" },',
          ),
        [sample]: '{"says":"theirs"}',
        'samples/webhook.new.json': '{}',
        'samples/webhook.ping.json': null,
        'README.md': 'New words.\n',
      })
      const one = await restart('one')
      const upgrade = await one.upgrades.look('swift-van')
      assert.deepEqual([upgrade.from, upgrade.to, upgrade.undo], ['1.0.0', '1.1.0', undefined])
      const changes = upgrade.files.filter(({ state }) => state !== 'unchanged').map(({ path, state }) => [path, state])
      assert.deepEqual(changes, [
        ['README.md', 'theirs'],
        ['codes.json', 'conflict'],
        ['manifest.json', 'merged'],
        [MAP, 'merged'],
        ['samples/webhook.failed.json', 'conflict'],
        ['samples/webhook.new.json', 'added'],
        ['samples/webhook.ping.json', 'removed'],
      ])
      const codes = upgrade.files.find(({ path }) => path === 'codes.json')
      assert.deepEqual(
        codes?.conflicts?.map(({ path }) => path),
        [['both', 'type']],
      )

      const before = one.desk.files('swift-van')
      const choices = { 'codes.json': 'merged', [sample]: { text: '{"both":true}' } }
      await assert.rejects(one.upgrades.apply('swift-van', '1.0.9', choices, 'anna'), code('partner.changed'))
      await assert.rejects(
        one.upgrades.apply('swift-van', '1.1.0', {}, 'anna'),
        code('partner.choice', 'files.codes.json'),
      )
      await assert.rejects(
        one.upgrades.apply('swift-van', '1.1.0', { ...choices, [MAP]: { text: '{"a":' } }, 'anna'),
        code('profile.invalid'),
      )
      assert.deepEqual(one.desk.files('swift-van'), before, 'nothing is overwritten unasked')

      // Killed between what the desk holds and the record.
      const { replace } = one.own
      one.own.replace = () => Promise.reject(new Error('killed'))
      await assert.rejects(one.upgrades.apply('swift-van', '1.1.0', choices, 'anna'), /killed/)
      one.own.replace = replace
      await one.upgrades.apply('swift-van', '1.1.0', choices, 'anna')
      const profile = one.profiles.get('swift-van') ?? assert.fail()
      assert.deepEqual([profile.version, profile.limits.requestsPerSecond], ['1.1.0', 3])
      assert.match(profile.mappings[MAP] ?? '', /^\/\* theirs \*\/[\s\S]*\/\* ours \*\/$/)
      assert.deepEqual(
        ['theirs', 'ours', 'both'].map((name) => profile.codes[name]?.type),
        ['shipment.damaged', 'shipment.lost', 'shipment.lost'],
      )
      const after = one.desk.files('swift-van')
      assert.deepEqual([after[sample], after['README.md']], ['{"both":true}', 'New words.\n'])
      assert.equal('samples/webhook.ping.json' in after, false)
      assert.deepEqual(one.own.head('swift-van')?.origin, { template: TEMPLATE, version: '1.1.0' })

      const later = await restart('two')
      assert.deepEqual(later.desk.files('swift-van'), after, 'another process, and a restart, find the same')
      const now = await later.upgrades.look('swift-van')
      assert.deepEqual(
        now.files.filter(({ state }) => state !== 'unchanged' && state !== 'yours'),
        [],
      )
      assert.deepEqual(now.undo, { to: '1.0.0' })

      await later.upgrades.undo('swift-van', 'anna')
      assert.deepEqual(later.desk.files('swift-van'), before)
      assert.equal(later.own.head('swift-van')?.origin.version, '1.0.0')
      await later.upgrades.undo('swift-van', 'anna')
      assert.deepEqual(later.desk.files('swift-van'), after)
      assert.deepEqual(warnings, [])
    })

    it('go back to draft with an upgrade that does something else, and not with one of words', async () => {
      const first = await worker('one')
      await make(first)
      const tried = async (id: string) => {
        const { desk, statuses } = one
        const score = { passed: 9, failed: 0, skipped: 0 }
        const note = { id, version: versionOf(desk.files('swift-van')), at: bench.clock.now(), score, failed: [] }
        await noteTrial(bench.store.documents, 'swift-van', note)
        await statuses.set('swift-van', 'tested', { by: 'anna' })
      }
      release('1.0.1', { 'README.md': 'Words.\n' })
      let one = await restart('one')
      await tried('t-1')
      await one.upgrades.apply('swift-van', '1.0.1', {}, 'anna')
      assert.equal(one.statuses.of('swift-van'), 'tested')
      release('1.0.2', { [MAP]: '[]' })
      one = await restart('one')
      await one.upgrades.apply('swift-van', '1.0.2', {}, 'anna')
      assert.equal(one.statuses.of('swift-van'), 'draft')
      assert.equal(one.statuses.record('swift-van').history.at(-1)?.why, 'upgrade to 1.0.2')
    })

    it('show, of a template that people edited, what has come anew with the program; and settle it as one chooses', async () => {
      const first = await worker('one')
      await first.desk.save(TEMPLATE, MAP, '["ours"]', ANNA)
      await first.desk.saveCodes(TEMPLATE, { set: { both: { type: 'shipment.lost' } } }, ANNA)
      const shipped = templateOf(TEMPLATE)
      release('1.1.0', {
        [MAP]: '["theirs"]',
        'codes.json': (text) => text.replace(/"both": \{[^}]*\}/, '"both": { "type": "shipment.damaged" }'),
      })
      const one = await restart('one')
      const { files } = await one.upgrades.look(TEMPLATE)
      assert.deepEqual(
        files.map(({ path, state }) => [path, state]),
        [
          ['codes.json', 'conflict'],
          [MAP, 'conflict'],
        ],
      )
      const map = files[1]
      assert.deepEqual([map?.base, map?.theirs, map?.yours], [shipped.mappings[MAP], '["theirs"]', '["ours"]'])
      const { to } = await one.upgrades.apply(TEMPLATE, '1.1.0', { 'codes.json': 'yours', [MAP]: 'theirs' }, 'anna')
      assert.equal(to, '1.1.0')
      const profile = one.profiles.get(TEMPLATE)
      assert.deepEqual([profile?.mappings[MAP], profile?.codes.both?.type], ['["theirs"]', 'shipment.lost'])
      assert.deepEqual((await one.upgrades.look(TEMPLATE)).files, [])
      await assert.rejects(one.upgrades.undo(TEMPLATE, 'anna'), code('partner.nothing-to-undo'))
    })
  })
}
