import assert from 'node:assert/strict'
import type { CloudEvent, DeliveryEvent } from '../../engine/canonical/index.ts'
import type { Verdict } from '../../engine/delivery/subscriber.ts'
import { DAY_MS } from '../../engine/delivery/wall-clock.ts'
import { SHIPMENT_EVENTS } from '../../engine/lifecycle/channels.ts'
import { matchOrBury, noLongerParked, UNMATCHED, unmatchedEvents } from '../../engine/lifecycle/unmatched.ts'
import type { NewMessage } from '../../engine/store/ports.ts'
import { event, order } from '../support/canonical.ts'
import { context, type LifecycleBench, openLifecycle } from '../support/lifecycle.ts'
import { claimOne } from '../store/contract/support.ts'

describe('events whose shipment does not appear', () => {
  let bench: LifecycleBench
  beforeEach(async () => {
    bench = await openLifecycle()
    await bench.store.messages.subscribe(UNMATCHED, UNMATCHED)
    await bench.store.messages.subscribe(SHIPMENT_EVENTS, 'told')
  })
  afterEach(() => bench.close())

  const deps = (publish = (messages: NewMessage[]) => bench.store.messages.append(messages) as Promise<unknown>) => ({
    lifecycle: bench.lifecycle,
    documents: bench.store.documents,
    publish,
  })
  const sweep = async (with_ = deps()) => {
    for await (const _count of unmatchedEvents(with_, DAY_MS).steps(bench.clock.now()));
  }
  /** Works off one delivery as the hub's own subscription does. */
  const workOff = async (): Promise<Verdict['kind']> => {
    const delivery = await claimOne(bench.store.messages, UNMATCHED)
    const verdict = await matchOrBury(deps(), delivery)
    if (verdict.kind === 'bury') await bench.store.messages.bury(delivery, verdict.failure)
    else await bench.store.messages.settle(delivery)
    return verdict.kind
  }
  const waiting = async () => (await bench.lifecycle.waitingEvents({ limit: 9 })).items.length
  const lost = event('pickup.completed', 10)

  it('wait their time, then become dead letters that say what is missing', async () => {
    await bench.lifecycle.apply(lost, 'the-webhook')
    bench.clock.advance(DAY_MS - 1)
    await sweep()
    assert.equal(await waiting(), 1)
    bench.clock.advance(1)
    await sweep()
    assert.equal(await waiting(), 0)
    assert.equal(await workOff(), 'bury')
    const { items } = await bench.store.messages.deadLetters({}, { limit: 9 })
    const [letter] = items
    assert.deepEqual([letter!.failure.code, letter!.failure.category], ['lifecycle.unmatched', 'invalid'])
    assert.match(letter!.failure.message, /order SO-10042/)
    assert.deepEqual(letter!.message.payload, lost)
    assert.deepEqual(letter!.message.headers, { partner: lost.provider, cause: 'the-webhook' })
  })

  it('are told once, however often the sweep is cut before they stop waiting', async () => {
    await bench.lifecycle.apply(lost)
    bench.clock.advance(DAY_MS)
    const cut = deps(async (messages) => {
      await bench.store.messages.append(messages)
      throw new Error('cut off')
    })
    for (let round = 0; round < 3; round++) await assert.rejects(sweep(cut))
    assert.equal(await waiting(), 1)
    await sweep()
    assert.equal((await bench.store.messages.claim(UNMATCHED, { limit: 9, leaseMs: 1 })).length, 1)
  })

  it('are applied and told when the shipment is there by the time of the replay', async () => {
    await bench.lifecycle.apply(lost)
    bench.clock.advance(DAY_MS)
    await sweep()
    await workOff()
    await bench.lifecycle.create(order(), context)
    await bench.store.messages.requeue(UNMATCHED, (await deadIds())[0]!)
    assert.equal(await workOff(), 'settle')
    const told = (await claimOne(bench.store.messages, 'told')).message.payload as unknown as CloudEvent
    assert.equal(told.data.eventId, lost.eventId)
    assert.equal((await bench.lifecycle.findByReference('SO-10042'))[0]!.status, 'pickup.completed')
  })

  it('find the shipment by a reference that somebody corrected', async () => {
    const misspelt = event('pickup.completed', 10, { shipmentRef: { type: 'order', value: 'SO-1OO42' } })
    await bench.lifecycle.create(order(), context)
    await bench.lifecycle.apply(misspelt)
    bench.clock.advance(DAY_MS)
    await sweep()
    await workOff()
    const corrected = { ...misspelt, shipmentRef: lost.shipmentRef }
    await bench.store.messages.requeue(UNMATCHED, (await deadIds())[0]!, corrected as never)
    assert.equal(await workOff(), 'settle')
  })

  it('are dead again, with the field, when the correction is no event', async () => {
    await bench.lifecycle.apply(lost)
    bench.clock.advance(DAY_MS)
    await sweep()
    await workOff()
    for (const payload of [null, 'text', { ...lost, shipmentRef: 'SO-10042' }, []]) {
      await bench.store.messages.requeue(UNMATCHED, (await deadIds())[0]!, payload as never)
      assert.equal(await workOff(), 'bury')
      const { items } = await bench.store.messages.deadLetters({}, { limit: 1 })
      assert.equal(items[0]!.failure.code, 'lifecycle.event')
    }
  })

  it('that were matched or given up are deleted after their days; one that waits anew is not', async () => {
    const others = ['a', 'b'].map((eventId): DeliveryEvent => ({ ...lost, eventId, dedupKey: eventId }))
    await bench.lifecycle.apply(others[0]!)
    await bench.lifecycle.expireParked('a')
    await bench.lifecycle.apply(others[1]!)
    await bench.lifecycle.expireParked('b')
    bench.clock.advance(DAY_MS + 1)
    await bench.lifecycle.apply(others[1]!)
    let gone = 0
    for await (const count of noLongerParked(bench.store.documents, 1).steps(bench.clock.now())) gone += count
    assert.deepEqual([gone, await waiting()], [1, 1])
  })

  async function deadIds(): Promise<string[]> {
    return (await bench.store.messages.deadLetters({}, { limit: 9 })).items.map(({ message }) => message.id)
  }
})
