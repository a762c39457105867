import assert from 'node:assert/strict'
import type { Shipment } from '../../engine/canonical/types.ts'
import { type EffectRequest, Effects } from '../../engine/delivery/effects.ts'
import { knownEffect } from '../../engine/delivery/effect-record.ts'
import type { CartageError } from '../../engine/errors.ts'
import { ShipmentLifecycle } from '../../engine/lifecycle/index.ts'
import type { Answer } from '../../engine/partner/answer.ts'
import { PartnerFailure } from '../../engine/partner/failure.ts'
import { Capacity } from '../../engine/routing/capacity.ts'
import { readTable } from '../../engine/routing/read-table.ts'
import { type Attempted, type SelectDeps, select } from '../../engine/routing/select.ts'
import { order } from '../support/canonical.ts'
import { courier, depsOf, row } from '../support/routing.ts'
import { storeBench } from '../support/store-bench.ts'

const TABLE = readTable({ rows: [row([{ partner: 'a', perDay: 1 }, { partner: 'b' }])] })
const BOOKED: Answer = { outcome: 'answered', status: 201, body: { bookingId: 'B' } }

describe('the choice of a courier', () => {
  const bench = storeBench()
  let lifecycle: ShipmentLifecycle
  let effects: Effects
  let deps: SelectDeps
  let shipment: Shipment
  beforeEach(async () => {
    const { store, clock } = bench
    const { documents } = store
    lifecycle = new ShipmentLifecycle({ documents, clock })
    effects = new Effects({ documents, clock })
    const capacity = new Capacity(documents)
    deps = {
      ...depsOf([courier('a'), courier('b')], { taken: (allowance, id) => capacity.taken(allowance, id) }),
      ...{ lifecycle, capacity, outbox: effects },
      refused: async (id) => (await knownEffect(documents, id))?.state === 'refused',
    }
    shipment = (await lifecycle.create(order('SO-1'), { correlationId: 'c' })).shipment
  })

  const name = (partner: string) => ({
    ...{ id: `effect-${partner}`, partner, operation: 'book', subject: shipment.shipmentId, messageId: 'm' },
  })
  const book = (partner: string, send: EffectRequest['send']) =>
    effects.perform({ ...name(partner), send, repeatable: true, lookUp: async () => undefined })
  const away = (partner: string): Attempted => ({
    ...{ partner, outcome: 'unreachable', code: 'partner.breaker-open', why: 'away', category: 'outage' },
    effect: name(partner),
  })
  const failing = (effect: 'none' | 'unknown') => async () => {
    throw new PartnerFailure(effect, 'outage', 'partner.down', 'down')
  }
  const ask = (attempted?: Attempted, of = shipment) =>
    select(TABLE, { shipment: of, attempted, tries: 3, now: bench.clock.now() }, deps)
  const codeOf = (work: Promise<unknown>) =>
    work.then(
      () => 'no error',
      (error) => (error as CartageError).code,
    )

  it('closes the booking of one that is away before the next is chosen, and opens it when it is chosen again', async () => {
    assert.equal((await ask()).partner, 'a')
    await book('a', failing('none')).catch(() => undefined)
    assert.equal((await ask(away('a'))).partner, 'b')
    // a process that comes late to the first one sends nothing
    const late = await book('a', () => assert.fail('sent'))
    assert.deepEqual([late.outcome, late.repeated], ['refused', true])

    await book('b', failing('none')).catch(() => undefined)
    assert.equal(await codeOf(ask(away('b'))), 'selection.away')
    bench.clock.advance(61_000)
    assert.equal((await ask(away('b'))).partner, 'a')
    assert.equal((await book('b', () => assert.fail('sent'))).outcome, 'refused')
    assert.equal((await book('a', async () => BOOKED)).outcome, 'answered')
  })

  it('stays with one that may have booked it until that is known', async () => {
    await ask()
    await book('a', failing('unknown')).catch(() => undefined)
    assert.equal(await codeOf(ask(away('a'))), 'selection.in-doubt')
    assert.equal((await lifecycle.get(shipment.shipmentId))?.selection?.partner, 'a')
    await book('a', async () => BOOKED)
    assert.equal((await ask(away('a'))).partner, 'a')
  })

  it('is one and the same for two who choose at once, and keeps one place', async () => {
    const other = { ...deps, profiles: new Map([['b', courier('b')]]) }
    const wish = { shipment, tries: 3, now: bench.clock.now() }
    const [one, two] = await Promise.all([select(TABLE, wish, deps), select(TABLE, wish, other)])
    assert.equal(one.partner, two.partner)
    const { others } = await new Capacity(bench.store.documents).taken({ partner: 'a', day: '2026-03-02', most: 1 })
    assert.equal(others, one.partner === 'a' ? 1 : 0)
  })

  it('passes by one whose last place another shipment has, and takes it once that is given back', async () => {
    const first = await ask()
    const { shipment: second } = await lifecycle.create(order('SO-2'), { correlationId: 'c' })
    const { partner, selection } = await ask(undefined, second)
    assert.deepEqual([first.partner, partner], ['a', 'b'])
    assert.match(selection?.explanation[0]?.reasons[0] ?? '', /takes no more than 1/)
    await deps.capacity.leave('a', '2026-03-02', shipment.shipmentId)
    const { shipment: third } = await lifecycle.create(order('SO-3'), { correlationId: 'c' })
    assert.equal((await ask(undefined, third)).partner, 'a')
  })

  it('counts a no until a person takes it back', async () => {
    await ask()
    await book('a', async () => ({ outcome: 'refused', status: 422, messages: [{ code: 'X', message: 'closed' }] }))
    const said: Attempted = {
      ...away('a'),
      outcome: 'refused',
      category: 'refused',
      code: 'partner.refused',
      why: 'closed',
    }
    assert.equal((await ask(said)).partner, 'b')
    await book('b', async () => ({ outcome: 'refused', status: 422, messages: [{ code: 'X', message: 'closed' }] }))
    const { partner, exhausted, selection } = await ask({ ...said, partner: 'b', effect: name('b') })
    assert.deepEqual([partner, exhausted, selection?.instead?.partner], [undefined, false, 'b'])
    assert.equal((await ask(undefined, (await lifecycle.get(shipment.shipmentId))!)).partner, undefined)
    await effects.reopen('m')
    assert.equal((await ask(undefined, (await lifecycle.get(shipment.shipmentId))!)).partner, 'a')
  })
})
