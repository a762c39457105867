import assert from 'node:assert/strict'
import type { Booking, Shipment } from '../../engine/canonical/types.ts'
import { Effects } from '../../engine/delivery/effects.ts'
import { SlaTimers } from '../../engine/delivery/sla.ts'
import { ShipmentLifecycle } from '../../engine/lifecycle/index.ts'
import type { Answer } from '../../engine/partner/answer.ts'
import { PartnerFailure } from '../../engine/partner/failure.ts'
import { Compensation } from '../../engine/processes/compensation.ts'
import { type ProcessStep, processState, withoutWords } from '../../engine/processes/process-state.ts'
import type { FailureReport } from '../../engine/store/ports.ts'
import { event, order } from '../support/canonical.ts'
import { storeBench } from '../support/store-bench.ts'

const DONE: Answer = { outcome: 'answered', status: 200, body: { bookingId: 'B-1' } }
const NO: Answer = { outcome: 'refused', status: 422, messages: [{ code: 'CLOSED', message: 'Mr Doe is not known' }] }
const AWAY = new PartnerFailure('none', 'outage', 'partner.down', 'the partner is down')

describe('the state of a process', () => {
  const bench = storeBench()
  let lifecycle: ShipmentLifecycle
  let effects: Effects
  let compensation: Compensation
  let shipment: Shipment
  beforeEach(async () => {
    const deps = { documents: bench.store.documents, clock: bench.clock }
    lifecycle = new ShipmentLifecycle(deps)
    effects = new Effects({ ...deps, alone: true })
    compensation = new Compensation(deps)
    ;({ shipment } = await lifecycle.create(order(), { correlationId: 'cor-1' }))
    bench.clock.advance(1000)
  })

  const state = async () => processState({ ...bench.store, compensation }, (await lifecycle.get(shipment.shipmentId))!)
  const step = async (id: string): Promise<ProcessStep | undefined> =>
    (await state()).steps.find((one) => one.id === id)
  const states = async () => (await state()).steps.map((one) => [one.title, one.state])
  /** As a node of a flow would ask for it. */
  const perform = (id: string, answer: Answer | Error, messageId = 'm1', subject = shipment.shipmentId) =>
    effects
      .perform({
        ...{ id, partner: 'somebody', operation: 'book', subject, messageId, shipmentId: shipment.shipmentId },
        ...{ correlationId: 'cor-1', step: { flow: 'tab-order-release', title: 'book it' }, repeatable: true },
        async send() {
          if (answer instanceof Error) throw answer
          return answer
        },
      })
      .catch(() => undefined)
  const publish = async (key = shipment.shipmentId) => {
    const { messages } = bench.store
    await messages.subscribe('work', 'booked.erp', { ordered: true })
    await messages.append([{ id: 'm1', channel: 'work', key, payload: {}, headers: {}, correlationId: 'cor-1' }])
    return async () => (await messages.claim('booked.erp', { limit: 1, leaseMs: 1000 }))[0]!
  }
  const failure = (code: string): FailureReport => ({
    ...{ category: 'refused', code, message: 'Mr Doe is not known', causes: [] },
    ...{ nodeName: 'confirm the booking', flow: 'tab-order-release' },
  })

  it('begins with what there is: released, and the rest to come', async () => {
    const found = await state()
    const { orderId, shipmentId, correlationId, status } = found
    assert.deepEqual(
      { orderId, shipmentId, correlationId, status },
      {
        ...{ orderId: shipment.orderId, shipmentId: shipment.shipmentId, correlationId: 'cor-1' },
        status: 'shipment.created',
      },
    )
    assert.deepEqual(await states(), [
      ['order released', 'done'],
      ['courier chosen', 'to come'],
      ['courier booked', 'to come'],
      ['picked up', 'to come'],
      ['out for delivery', 'to come'],
      ['delivered', 'to come'],
      ['proof kept', 'to come'],
    ])
    assert.deepEqual([found.waitsFor, found.deadLetters, found.timers], [[], [], []])
  })

  it('shows what a partner was asked, by the name that the flow has for it, whatever it was once per', async () => {
    await perform('e1', DONE, 'm1', `${shipment.shipmentId}/again`)
    assert.deepEqual(await step('e1'), {
      ...{ id: 'e1', effectId: 'e1', process: 'order-release', title: 'book it', partner: 'somebody', state: 'done' },
      at: new Date(bench.clock.now()).toISOString(),
    })
  })

  it('shows a booking once: as the effect that made it', async () => {
    const booking: Booking = { partner: 'somebody', bookingId: 'B-1', bookedAt: '2026-03-02T10:00:00Z' }
    await lifecycle.recordBooking(shipment.shipmentId, booking)
    assert.equal((await step('booked'))?.state, 'done')
    await perform('e1', DONE)
    assert.equal(await step('booked'), undefined)
    await lifecycle.recordBooking(shipment.shipmentId, { ...booking, bookingId: 'B-2' })
    assert.equal((await step('booked'))?.state, 'done')
  })

  it('says whom a step waits for, and when it is tried again', async () => {
    const claim = await publish()
    await perform('e1', AWAY)
    const nextTry = bench.clock.now() + 60_000
    await bench.store.messages.retry(await claim(), nextTry, failure('partner.down'))
    const waitsFor = {
      ...{ who: 'partner', partner: 'somebody', code: 'partner.down' },
      nextTryAt: new Date(nextTry).toISOString(),
    }
    const found = await step('e1')
    assert.deepEqual([found?.state, found?.waitsFor], ['waiting', waitsFor])
    assert.deepEqual((await state()).waitsFor, [{ ...waitsFor, step: 'e1' }])
  })

  it('shows work that asked nobody yet, also while the order has only its own number', async () => {
    const claim = await publish(shipment.orderId)
    assert.deepEqual((await step('booked.erp/m1'))?.waitsFor, { who: 'hub' })
    await claim()
    assert.equal((await step('booked.erp/m1'))?.state, 'under way')
  })

  it('shows what is for a person, once, with what the partner said', async () => {
    const claim = await publish()
    await perform('e1', NO)
    await bench.store.messages.bury(await claim(), failure('partner.refused'))
    const found = await state()
    assert.deepEqual(
      found.steps.filter(({ state }) => state === 'failed').map(({ id, why, waitsFor }) => [id, why, waitsFor?.who]),
      [['e1', 'Mr Doe is not known', 'person']],
    )
    assert.deepEqual(
      found.deadLetters.map(({ code, flow }) => [code, flow]),
      [['partner.refused', 'tab-order-release']],
    )
  })

  it('shows a dead letter that asked nobody as a step of its own', async () => {
    const claim = await publish()
    await bench.store.messages.bury(await claim(), failure('mapping.failed'))
    const found = await step('booked.erp/m1')
    assert.deepEqual([found?.title, found?.state, found?.process], ['confirm the booking', 'failed', 'order-release'])
  })

  it('gives nobody words who may not have them', async () => {
    const claim = await publish()
    await perform('e1', NO)
    await bench.store.messages.bury(await claim(), failure('partner.refused'))
    const shown = withoutWords(await state())
    assert.doesNotMatch(JSON.stringify(shown), /Doe/)
    assert.equal(shown.steps.find(({ id }) => id === 'e1')?.code, 'CLOSED')
  })

  it('says what can be undone, what was, and why something could not be', async () => {
    const name = { process: 'delivery', shipmentId: shipment.shipmentId }
    const common = { partner: 'somebody', input: { value: 'shipment', type: 'msg' }, seen: {} }
    for (const id of ['e1', 'e2', 'e3']) {
      await perform(id, DONE, id)
      bench.clock.advance(1000)
    }
    await compensation.remember(name, { ...common, name: 'courier booked', operation: 'cancel', effectId: 'e1' })
    await compensation.remember(name, { ...common, name: 'date told', operation: 'takeBack', effectId: 'e2' })
    await compensation.remember(name, {
      ...common,
      name: 'label printed',
      operation: '',
      noUndo: 'paper',
      effectId: 'e3',
    })
    assert.deepEqual([(await step('e1'))?.title, (await step('e1'))?.undo], ['courier booked', { possible: true }])
    assert.deepEqual((await step('e3'))?.undo, { possible: false, why: 'paper' })
    await compensation.undo(name, {
      over: true,
      undo: async (one) => (one.name === 'date told' ? NO : DONE),
    })
    assert.equal((await step('e1'))?.state, 'undone')
    assert.deepEqual((await step('e2'))?.undo, { possible: false, why: 'Mr Doe is not known' })
  })

  it('counts as not needed what nobody told of, and what an end makes needless', async () => {
    await lifecycle.apply(event('delivery.completed', 30))
    const byTitle = new Map((await states()) as [string, string][])
    assert.equal(byTitle.get('out for delivery'), 'not needed')
    assert.equal(byTitle.get('delivered'), 'done')
    assert.equal(byTitle.get('proof kept'), 'to come')
  })

  it('names the clocks that run for it', async () => {
    const start = { timer: 'missing-pod', key: shipment.shipmentId, startedAt: bench.clock.now(), warnShare: 0.8 }
    const term = { amount: 60, unit: 'minutes' } as const
    await new SlaTimers(bench.store).start({ ...start, term, correlationId: 'cor-1' })
    const dueAt = new Date(bench.clock.now() + 3_600_000).toISOString()
    assert.deepEqual((await state()).timers, [{ timer: 'missing-pod', state: 'running', dueAt }])
  })
})
