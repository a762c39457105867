import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Effects } from '../../engine/delivery/effects.ts'
import { Lease } from '../../engine/delivery/lease.ts'
import { PodVault } from '../../engine/delivery/pod-vault.ts'
import { HOUR_MS, Retention, type RetentionTask } from '../../engine/delivery/retention.ts'
import {
  deadLetters,
  endedAgreements,
  evidence,
  finishedEffects,
  oldDocuments,
  settledMessages,
} from '../../engine/delivery/retention-tasks.ts'
import { SlaTimers } from '../../engine/delivery/sla.ts'
import { DAY_MS } from '../../engine/delivery/wall-clock.ts'
import { keyring } from '../../engine/security/seal.ts'
import { COURIER_INVOICE_KIND } from '../../engine/settlement/charges.ts'
import { ENTRY_KIND, ENTRY_STATES } from '../../engine/settlement/entry.ts'
import { courierInvoices, settledCharges } from '../../engine/settlement/settled.ts'
import type { EmbeddedStore } from '../../engine/store/embedded/open.ts'
import { event } from '../support/canonical.ts'
import { storeBench } from '../support/store-bench.ts'
import { claimOne, failure, message } from '../store/contract/support.ts'

describe('retention', () => {
  const bench = storeBench()
  let deleted: Record<string, number>
  let complaints: unknown[]
  const worker = (tasks: RetentionTask[], holder = 'worker-1') =>
    new Retention({
      tasks,
      lease: new Lease(
        { documents: bench.store.documents, clock: bench.clock },
        { name: 'retention', holder, ttlMs: 60_000 },
      ),
      clock: bench.clock,
      deleted: (name, count) => {
        deleted[name] = (deleted[name] ?? 0) + count
      },
      complain: (error) => complaints.push(error),
      pauseMs: 0,
    })
  const settleAll = async (subscription = 's') => {
    for (;;) {
      const claimed = await bench.store.messages.claim(subscription, { limit: 1_000, leaseMs: 60_000 })
      if (claimed.length === 0) return
      await Promise.all(claimed.map((delivery) => bench.store.messages.settle(delivery)))
    }
  }
  const many = (count: number, name = 'm') => Array.from({ length: count }, (_, index) => message(`${name}${index}`))
  beforeEach(() => {
    deleted = {}
    complaints = []
  })
  afterEach(() => assert.deepEqual(complaints, []))

  describe('of messages', () => {
    beforeEach(() => bench.store.messages.subscribe('events', 's'))

    it('deletes the settled ones past their time, and nothing else', async () => {
      const { messages } = bench.store
      await messages.append([...many(350), message('dead'), message('open')])
      const claimed = await messages.claim('s', { limit: 351, leaseMs: 60_000 })
      await Promise.all(claimed.slice(0, 350).map((delivery) => messages.settle(delivery)))
      await messages.bury(claimed[350]!, failure())
      bench.clock.advance(10 * DAY_MS)
      await messages.append([message('young')])
      await worker([settledMessages(messages, 10)]).run()
      assert.deepEqual(deleted, {})
      bench.clock.advance(1)
      await worker([settledMessages(messages, 10)]).run()
      assert.deepEqual(deleted, { messages: 350 })
      for (const id of ['dead', 'open', 'young']) assert.ok(await messages.get(id), id)
    })

    it('never makes intake wait for more than the commit under way', async () => {
      const store = bench.store as EmbeddedStore
      const { messages } = store
      for (let batch = 0; batch < 5; batch++) await messages.append(many(1_000, `b${batch}-`))
      await settleAll()
      bench.clock.advance(DAY_MS + 1)
      const purging = worker([settledMessages(messages, 1)]).run()
      const waited: number[] = []
      for (let index = 0; index < 60; index++) {
        await nextTurn()
        const before = store.commits()
        await messages.append([message(`young-${index}`)])
        waited.push(store.commits() - before)
      }
      assert.ok((deleted.messages ?? 0) > 200, 'the deletion did not run beside it')
      assert.ok(Math.max(...waited) <= 2, `commits until the answer: ${waited}`)
      await purging
      assert.equal(deleted.messages, 5_000)
    })
  })

  describe('of dead letters', () => {
    it('discards the old ones after saying so in the audit log, so that their messages can go', async () => {
      const { messages, audit } = bench.store
      await messages.subscribe('events', 's')
      await messages.append([...many(120), message('young')])
      for (const delivery of await messages.claim('s', { limit: 120, leaseMs: 60_000 }))
        await messages.bury(delivery, failure())
      bench.clock.advance(5 * DAY_MS)
      await messages.bury(await claimOne(messages, 's'), failure())
      bench.clock.advance(1)
      await worker([deadLetters(bench.store, 5), settledMessages(messages, 5)]).run()
      assert.deepEqual(deleted, { 'dead-letters': 120, messages: 120 })
      assert.deepEqual(
        (await messages.deadLetters({}, { limit: 9 })).items.map(({ message }) => message.id),
        ['young'],
      )
      const [entry, ...others] = await audit.page({ subject: 'dead-letters', limit: 9 })
      assert.deepEqual([entry!.action, entry!.actor, others.length], ['retention.discard', 'system', 0])
      assert.equal(entry!.details.count, 120)
    })

    it('says nothing when there is nothing to discard', async () => {
      await worker([deadLetters(bench.store, 5)]).run()
      assert.equal(await bench.store.audit.head(), undefined)
    })
  })

  describe('of effects', () => {
    const effects = () => new Effects({ documents: bench.store.documents, clock: bench.clock })
    const perform = (id: string, messageId: string, send: () => Promise<never> | Promise<object>) =>
      effects()
        .perform({
          id,
          partner: 'erp',
          operation: 'post',
          subject: 'shp_1',
          messageId,
          repeatable: true,
          send: send as never,
        })
        .catch(() => undefined)
    const kept = async () => (await bench.store.documents.page('effect', { limit: 9 })).items.map(({ id }) => id)

    it('forgets those that are over once their message is gone, and none whose outcome is not known', async () => {
      const { messages, documents } = bench.store
      await messages.subscribe('events', 's')
      await messages.append([message('gone'), message('there')])
      await perform('answered', 'gone', async () => ({ outcome: 'done', status: 200 }))
      await perform('message-there', 'there', async () => ({ outcome: 'done', status: 200 }))
      await perform('in-doubt', 'gone', () => Promise.reject(new Error('cut off')))
      await messages.settle(await claimOne(messages, 's'))
      bench.clock.advance(DAY_MS + 1)
      const tasks = [finishedEffects(documents, messages, 1), settledMessages(messages, 1)]
      await worker(tasks).run()
      assert.deepEqual(await kept(), ['answered', 'in-doubt', 'message-there'])
      bench.clock.advance(DAY_MS)
      await worker(tasks).run()
      assert.deepEqual(await kept(), ['in-doubt', 'message-there'])
    })
  })

  describe('of documents', () => {
    it('forgets positions by their last time', async () => {
      const { documents } = bench.store
      await documents.put('position', 'van-1', {}, { expect: 0 })
      bench.clock.advance(DAY_MS)
      await documents.put('position', 'van-2', {}, { expect: 0 })
      bench.clock.advance(1)
      await worker([oldDocuments(documents, 'position', 'positions', DAY_MS)]).run()
      assert.deepEqual(deleted, { positions: 1 })
      assert.ok(await documents.get('position', 'van-2'))
    })

    it('forgets charges that are over, and none that waits for somebody, however old', async () => {
      const { documents } = bench.store
      const charges = [
        ...ENTRY_STATES.map((state) => ({ id: state, kind: 'freight', state })),
        { id: 'cash handed on', kind: 'cash', state: 'matched' },
      ]
      for (const { id, ...body } of charges) await documents.put(ENTRY_KIND, id, body, { expect: 0 })
      await documents.put(COURIER_INVOICE_KIND, 'courier/INV-1', {}, { expect: 0 })
      bench.clock.advance(DAY_MS + 1)
      await documents.put(ENTRY_KIND, 'young', { kind: 'freight', state: 'posted' }, { expect: 0 })
      await worker([settledCharges(documents, 1), courierInvoices(documents, 1)]).run()
      const { items } = await documents.page(ENTRY_KIND, { limit: 20 })
      assert.deepEqual(
        items.map(({ id }) => id),
        ['matched', 'mismatched', 'proposed', 'released', 'young'],
      )
      assert.deepEqual(deleted, { charges: 4, 'courier-invoices': 1 })
    })

    it('forgets agreements that ended, and keeps those that run or rest, however old', async () => {
      const { documents } = bench.store
      const sla = new SlaTimers({ ...bench.store })
      const start = (key: string) =>
        sla.start({
          timer: 'dispatch',
          key,
          startedAt: bench.clock.now(),
          term: { amount: 90, unit: 'days' },
          warnShare: 1,
          correlationId: key,
        })
      for (const key of ['running', 'resting', 'ended']) await start(key)
      await sla.pause('dispatch', 'resting', bench.clock.now())
      await sla.stop('dispatch', 'ended')
      bench.clock.advance(DAY_MS + 1)
      await worker([endedAgreements(documents, 1)]).run()
      assert.deepEqual(deleted, { agreements: 1 })
      const left = (await documents.page<{ key: string }>('sla', { limit: 9 })).items.map(({ body }) => body.key)
      assert.deepEqual(left.sort(), ['resting', 'running'])
    })

    it('does not delete what is written to between the look and the deletion', async () => {
      const { documents } = bench.store
      await documents.put('sla', 'a', { state: 'stopped' }, { expect: 0 })
      bench.clock.advance(DAY_MS + 1)
      const restarting = { ...documents } as typeof documents
      for (const name of ['get', 'put', 'find', 'expire', 'delete'] as const)
        Object.assign(restarting, { [name]: documents[name].bind(documents) })
      restarting.page = (async (kind: string, page: { limit: number }) => {
        const found = await documents.page(kind, page)
        await documents.put('sla', 'a', { state: 'running' }, { expect: 1 })
        return found
      }) as never
      await worker([endedAgreements(restarting, 1)]).run()
      assert.deepEqual((await documents.get('sla', 'a'))!.body, { state: 'running' })
    })

    it('deletes the bytes of evidence with their records, also after a cut between the two; the proof stays', async () => {
      const { documents, blobs } = bench.store
      const vault = new PodVault({
        documents,
        blobs,
        keys: keyring(randomBytes(32).toString('base64')),
        clock: bench.clock,
        fetch: () => assert.fail('nothing to fetch'),
      })
      const delivered = (eventId: string) =>
        event('delivery.completed', 1, { eventId, evidence: [{ kind: 'signature', signedBy: eventId }] })
      const rules = { maxBytes: 1_000, types: [] }
      const proofs = await Promise.all(['a', 'b'].map((id) => vault.keep(`shp_${id}`, delivered(id), rules)))
      const records = (await documents.page<{ blob: string }>('evidence', { limit: 9 })).items
      await blobs.delete(records[0]!.body.blob)
      bench.clock.advance(DAY_MS + 1)
      await worker([evidence(bench.store, 1)]).run()
      assert.deepEqual(deleted, { evidence: 2 })
      for (const { body } of records) assert.equal(await blobs.get(body.blob), undefined)
      for (const proof of proofs) {
        assert.equal(await vault.read(proof.podId, proof.evidence[0]!.hash), undefined)
        assert.ok(await documents.get('proof_of_delivery', proof.podId))
      }
    })
  })

  describe('among workers', () => {
    const counting = (name: string, steps = 1): RetentionTask => ({
      name,
      everyHours: 1,
      async *steps() {
        for (let step = 0; step < steps; step++) yield 1
      },
    })

    it('is done by one of many', async () => {
      await Promise.all(['a', 'b', 'c'].map((holder) => worker([counting('x', 5)], holder).run()))
      assert.deepEqual(deleted, { x: 5 })
    })

    it('goes over to another when its worker has died in the middle', async () => {
      const dead = new Lease(
        { documents: bench.store.documents, clock: bench.clock },
        { name: 'retention', holder: 'dead', ttlMs: 60_000 },
      )
      await dead.take()
      const other = worker([counting('x')])
      await other.run()
      assert.deepEqual(deleted, {})
      bench.clock.advance(60_000)
      await other.run()
      assert.deepEqual(deleted, { x: 1 })
    })

    it('ends after the batch under way when it is stopped, and another may begin at once', async () => {
      const stopping = worker([
        {
          name: 'endless',
          everyHours: 1,
          async *steps() {
            for (;;) {
              yield 1
              if (deleted.endless === 3) void stopping.stop()
            }
          },
        },
      ])
      await stopping.run()
      await stopping.stop()
      assert.ok(deleted.endless! <= 4)
      await worker([counting('x')], 'worker-2').run()
      assert.equal(deleted.x, 1)
    })

    it('ends when another took over meanwhile', async () => {
      const slow: RetentionTask = {
        name: 'slow',
        everyHours: 1,
        async *steps() {
          for (let step = 0; step < 10; step++) {
            bench.clock.advance(60_000)
            if (step === 1) await worker([counting('x')], 'worker-2').run()
            yield 1
          }
        },
      }
      await worker([slow]).run()
      assert.deepEqual(deleted, { x: 1, slow: 2 })
    })

    it('comes again when its hours have passed', async () => {
      const one = worker([counting('hourly'), { ...counting('daily'), everyHours: 24 }])
      for (let hour = 0; hour < 25; hour++) {
        await one.run()
        bench.clock.advance(HOUR_MS)
      }
      assert.deepEqual(deleted, { hourly: 25, daily: 2 })
    })

    it('does not let one class that fails keep the others from their work', async () => {
      const broken: RetentionTask = {
        name: 'broken',
        everyHours: 1,
        // biome-ignore lint/correctness/useYield: it fails before its first batch
        async *steps() {
          throw new Error('the disk is full')
        },
      }
      await worker([broken, counting('x')]).run()
      assert.deepEqual(deleted, { x: 1 })
      assert.deepEqual(complaints.splice(0).map(String), ['Error: the disk is full'])
    })
  })
})
