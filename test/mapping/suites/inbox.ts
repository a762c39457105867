import assert from 'node:assert/strict'
import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Lease } from '../../../engine/delivery/lease.ts'
import { Inbox } from '../../../engine/mapping/inbox/inbox.ts'
import { InboxRunner } from '../../../engine/mapping/inbox/inbox-runner.ts'
import { type Met, OTHERS, unmappedId } from '../../../engine/mapping/inbox/unmapped-code.ts'
import { UnmappedCodes } from '../../../engine/mapping/inbox/unmapped-codes.ts'
import { TemplateDesk } from '../../../engine/partner/desk/desk.ts'
import { loadProfiles } from '../../../engine/partner/profile.ts'
import type { Delivery, DocumentStore } from '../../../engine/store/ports.ts'
import { eventually } from '../../support/eventually.ts'
import { type OpenTestStore, storeBench } from '../../support/store-bench.ts'
import { templateOf } from '../../support/templates.ts'

const ANNA = { by: 'anna', why: 'new in their API' }
/** Messages in one list: few, so that little is enough for several. */
const LIST = 10
const MAX_CODES = 20
const BOUNDS = { listLength: LIST, maxCodes: MAX_CODES }
/** Messages take their time on a server. */
const PATIENCE_MS = 30_000
const LOST = { type: 'shipment.lost' } as const

export function inboxSuite(name: string, open?: OpenTestStore): void {
  describe(`the inbox of unmapped codes on the ${name} store`, () => {
    let runners: InboxRunner[]
    // Before the store is closed, which is done after it.
    afterEach(() => Promise.all(runners.map((runner) => runner.stop())))
    const bench = storeBench(open)
    let desk: TemplateDesk
    let codes: UnmappedCodes
    let inbox: Inbox
    let profiles: ReturnType<typeof loadProfiles>

    beforeEach(async () => {
      runners = []
      const folder = join(bench.folder, 'templates', 'couriers', 'onfleet')
      mkdirSync(folder, { recursive: true })
      cpSync(templateOf('onfleet').folder, folder, { recursive: true })
      profiles = loadProfiles(join(bench.folder, 'templates'))
      const { documents, audit, motor } = bench.store
      const common = { documents, audit, motor, clock: bench.clock }
      desk = new TemplateDesk({ ...common, profiles, compile: () => {}, warn: (line) => assert.fail(line) })
      codes = new UnmappedCodes(documents, BOUNDS)
      inbox = new Inbox({ codes, desk, audit, motor, clock: bench.clock })
      await bench.store.messages.subscribe('in', 'map')
    })

    function runner(crash: (step: string) => void = () => {}) {
      const { documents, messages, motor } = bench.store
      const holder = `worker-${runners.length}`
      const lease = new Lease({ documents, clock: bench.clock }, { name: 'unmapped-codes', holder, ttlMs: 1000 })
      const table = (partner: string) => profiles.get(partner)?.codes
      const complain = (error: unknown) => assert.match(String(error), /cut off/)
      const made = new InboxRunner({ codes, table, messages, motor, clock: bench.clock, crash, lease, complain })
      runners.push(made)
      made.start()
      return made
    }
    const met = (id?: string, more: Partial<Met> = {}): Met => ({
      ...{ at: bench.clock.now(), mapping: 'map/webhook.jsonata', lookups: ['gone'] },
      ...(id !== undefined && { delivery: [id, 'map'] as [string, string] }),
      ...more,
    })
    const note = (id?: string, more: Partial<Met> = {}, code = 'gone') => codes.note('onfleet', code, met(id, more))
    /** In waves, as they come in. */
    async function noteAll(ids: string[], wave = 20) {
      for (let from = 0; from < ids.length; from += wave)
        await Promise.all(ids.slice(from, from + wave).map((id) => note(id)))
    }
    /** Messages that came in and were dealt with. */
    async function settled(...ids: string[]) {
      const message = (id: string) => ({
        ...{ id, channel: 'in', key: id, payload: {}, headers: { partner: 'onfleet' }, correlationId: id },
      })
      await bench.store.messages.append(ids.map(message))
      await taken(ids.length)
    }
    async function taken(least: number) {
      const all: Delivery[] = []
      await eventually(async () => {
        const claimed = await bench.store.messages.claim('map', { limit: 25, leaseMs: 60_000 })
        await Promise.all(claimed.map((delivery) => bench.store.messages.settle(delivery)))
        all.push(...claimed)
        return all.length >= least
      }, PATIENCE_MS)
      return all.map(({ message }) => message.id).sort()
    }
    const jobDone = () =>
      eventually(async () => {
        const job = await inbox.job(unmappedId('onfleet', 'gone'))
        return job?.state === 'done' ? job : undefined
      }, PATIENCE_MS)

    it('counts messages by partner and code, with first and last seen, a sample and what was looked up', async () => {
      await note('m-1')
      bench.clock.advance(60_000)
      await note('m-2', { lookups: ['gone', 'gone:far'] })
      await note('m-3', {}, 'other')
      const [one, other] = await inbox.list('onfleet')
      const start = bench.clock.now() - 60_000
      assert.deepEqual(one, {
        ...{ id: unmappedId('onfleet', 'gone'), partner: 'onfleet', code: 'gone', lookups: ['gone', 'gone:far'] },
        ...{ mapping: 'map/webhook.jsonata', count: 2, firstSeen: start, lastSeen: start + 60_000 },
        ...{ waiting: 2, sample: 'm-2' },
      })
      assert.equal(other?.code, 'other')
      assert.deepEqual(await inbox.list('nobody'), [])
      assert.deepEqual(await inbox.counts(), [{ partner: 'onfleet', codes: 2, messages: 3 }])
    })

    it('counts a message once, however often it is delivered, and however many come at once', async () => {
      const ids = Array.from({ length: 60 }, (_, n) => `m-${n}`)
      await Promise.all([...ids, ...ids].map((id) => note(id)))
      await Promise.all(ids.map((id) => note(id, { again: true })))
      const [entry] = await inbox.list()
      assert.deepEqual([entry?.count, entry?.waiting], [60, 60])
      assert.ok((await codes.get(entry!.id))!.version < 20, 'messages that come at once share a write')
    })

    it('counts right with several processes, and where a process was cut off', async () => {
      const other = new UnmappedCodes(bench.store.documents, BOUNDS)
      await Promise.all(
        Array.from({ length: 30 }, (_, n) => (n % 2 ? other : codes).note('onfleet', 'gone', met(`m-${n}`))),
      )
      const { documents } = bench.store
      const dying: DocumentStore = Object.assign(Object.create(documents), {
        get: (kind: string, id: string) => documents.get(kind, id),
        find: (kind: string, value: string, type?: string) => documents.find(kind, value, type),
        put: async (...of: Parameters<DocumentStore['put']>) => {
          await documents.put(...of)
          throw new Error('killed')
        },
      })
      await assert.rejects(new UnmappedCodes(dying, BOUNDS).note('onfleet', 'gone', met('m-late')), /killed/)
      await note('m-late', { again: true })
      const [entry] = await inbox.list()
      assert.deepEqual([entry?.count, entry?.waiting], [31, 31])
    })

    it('keeps what waits in lists, so that no document grows without end', async () => {
      const count = LIST * 2 + 5
      await noteAll(
        Array.from({ length: count }, (_, n) => `m-${n}`),
        5,
      )
      await note('m-0', { again: true })
      const entry = (await codes.get(unmappedId('onfleet', 'gone')))!.body
      assert.deepEqual([entry.count, entry.waits, entry.lists.length, entry.waiting.length], [count, count, 2, 5])
      assert.ok(JSON.stringify(entry).length < 40_000)
    })

    it('counts what cannot be given again too', async () => {
      await note()
      await note()
      assert.deepEqual(
        (await inbox.list()).map(({ count, waiting }) => [count, waiting]),
        [[2, 0]],
      )
    })

    it('puts the codes of a partner that draws them under one heading', async () => {
      for (let n = 0; n < MAX_CODES; n += 1) await note(`m-${n}`, {}, `code-${n}`)
      await note('m-more', {}, 'code-more')
      await note('m-0-again', {}, 'code-0')
      const entries = await inbox.list('onfleet')
      assert.equal(entries.length, MAX_CODES + 1)
      assert.equal(entries.find(({ code }) => code === OTHERS)?.sample, 'm-more')
      await assert.rejects(inbox.map({ partner: 'onfleet', code: OTHERS, entry: LOST }, ANNA), { code: 'inbox.lookup' })
    })

    it('gives a code its meaning and its messages to their flow again, each once', async () => {
      const ids = Array.from({ length: LIST + 5 }, (_, n) => `m-${String(n).padStart(2, '0')}`)
      await settled(...ids)
      await noteAll(ids)
      runner()
      const { version, job } = await inbox.map({ partner: 'onfleet', code: 'gone', entry: LOST }, ANNA)
      assert.deepEqual([version, job.state, job.total, job.by], [1, 'running', ids.length, 'anna'])
      assert.deepEqual(profiles.get('onfleet')?.codes.gone, LOST)
      assert.deepEqual(await taken(ids.length), ids)
      const done = await jobDone()
      assert.deepEqual([done.done, done.gone], [ids.length, 0])
      assert.deepEqual(await inbox.list(), [])
      assert.deepEqual((await bench.store.documents.page('unmapped-waiting', { limit: 5 })).items, [])
      const actions = (await bench.store.audit.page({ limit: 10 })).map(({ actor, action }) => [actor, action])
      assert.deepEqual(actions, [
        ['anna', 'template.edit'],
        ['anna', 'unmapped.rerun'],
      ])
    })

    it('gives the meaning to another code of the table, where the mapping looks that one up', async () => {
      await note('m-1', { lookups: ['detail:gone', 'gone'] })
      await inbox.map({ partner: 'onfleet', code: 'gone', lookup: 'detail:gone', entry: LOST }, ANNA)
      assert.deepEqual(profiles.get('onfleet')?.codes['detail:gone'], LOST)
      assert.equal(profiles.get('onfleet')?.codes.gone, undefined)
    })

    it('finds out by itself that a code has become known, once for each table', async () => {
      await settled('m-1')
      await note('m-1')
      await desk.saveCodes('onfleet', { set: { gone: LOST } }, ANNA)
      const made = runner()
      assert.deepEqual(await taken(1), ['m-1'])
      assert.equal((await jobDone()).by, 'system')
      // It came back unmapped: the mapping makes nothing of the code.
      for (let pass = 0; pass < 5; pass += 1) {
        await note('m-1', { again: true })
        bench.clock.advance(10_000)
        made.look()
        const again = await bench.store.messages.claim('map', { limit: 10, leaseMs: 60_000 })
        for (const delivery of again) await bench.store.messages.settle(delivery)
      }
      await made.stop()
      const entry = (await codes.get(unmappedId('onfleet', 'gone')))!.body
      assert.ok(entry.rerun!.passes <= 3)
      assert.equal(entry.count, 1, 'the same message is counted once')
    })

    for (const step of ['inbox.after-batch:1', 'inbox.after-batch:2', 'inbox.before-batch:1', 'inbox.before-batch:2'])
      it(`cut off at ${step}, goes on with the next process and forgets nobody`, async () => {
        const ids = Array.from({ length: LIST + 5 }, (_, n) => `m-${String(n).padStart(2, '0')}`)
        await settled(...ids)
        await noteAll(ids)
        const [point, count] = step.split(':')
        let left = Number(count)
        const first = runner((passed) => {
          if (passed === point && --left === 0) throw new Error('cut off')
        })
        await inbox.map({ partner: 'onfleet', code: 'gone', entry: LOST }, ANNA)
        await eventually(() => left <= 0, PATIENCE_MS)
        await first.stop()
        runner()
        const seen = new Set<string>()
        await eventually(async () => {
          for (const id of await taken(0)) seen.add(id)
          return seen.size === ids.length
        }, PATIENCE_MS)
        const done = await jobDone()
        assert.deepEqual([done.done + done.gone, (await inbox.list()).length], [ids.length, 0])
      })

    it('says of how many nothing is kept any more', async () => {
      await settled('m-1')
      await note('m-1')
      await note('m-purged')
      runner()
      await inbox.map({ partner: 'onfleet', code: 'gone', entry: LOST }, ANNA)
      const { total, done, gone } = await jobDone()
      assert.deepEqual([total, done, gone], [2, 1, 1])
    })

    it('ignores a code, or leaves it, with who did', async () => {
      await note('m-1')
      await note('m-2', {}, 'other')
      await inbox.leave('onfleet', 'other', 'anna')
      await inbox.map({ partner: 'onfleet', code: 'gone', entry: { ignored: true, label: 'no news' } }, ANNA)
      assert.deepEqual(profiles.get('onfleet')?.codes.gone, { ignored: true, label: 'no news' })
      const left = (await inbox.list()).find(({ code }) => code === 'other')
      assert.equal(left?.left?.by, 'anna')
      assert.deepEqual(await inbox.counts(), [{ partner: 'onfleet', codes: 1, messages: 1 }])
    })

    it('refuses what cannot be', async () => {
      await note('m-1')
      const map = (wish: object) => inbox.map({ partner: 'onfleet', code: 'gone', entry: LOST, ...wish } as never, ANNA)
      await assert.rejects(map({ code: 'never met' }), { code: 'inbox.unknown' })
      await assert.rejects(map({ partner: 'nobody' }), { code: 'inbox.unknown' })
      await assert.rejects(map({ entry: { type: 'x' } }), { code: 'template.codes', field: 'gone.type' })
      await assert.rejects(map({ entry: undefined }), { code: 'template.codes', field: 'gone' })
      await assert.rejects(map({ lookup: '' }), { code: 'template.codes' })
      await assert.rejects(inbox.rerun('onfleet', 'never met', 'anna'), { code: 'inbox.unknown' })
      await assert.rejects(inbox.leave('onfleet', 'never met', 'anna'), { code: 'inbox.unknown' })
      assert.equal(await inbox.job('nonsense'), undefined)
      assert.equal(profiles.get('onfleet')?.codes.gone, undefined)
    })
  })
}
