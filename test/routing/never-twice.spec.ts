import assert from 'node:assert/strict'
import { join } from 'node:path'
import fc from 'fast-check'
import { Effects } from '../../engine/delivery/effects.ts'
import { knownEffect } from '../../engine/delivery/effect-record.ts'
import { deriveId } from '../../engine/delivery/ids.ts'
import { CartageError } from '../../engine/errors.ts'
import { ShipmentLifecycle } from '../../engine/lifecycle/index.ts'
import type { Answer } from '../../engine/partner/answer.ts'
import { PartnerFailure } from '../../engine/partner/failure.ts'
import { Capacity } from '../../engine/routing/capacity.ts'
import { readTable } from '../../engine/routing/read-table.ts'
import { type Attempted, type SelectDeps, select } from '../../engine/routing/select.ts'
import { openStore } from '../../engine/store/open.ts'
import type { Store } from '../../engine/store/ports.ts'
import { order } from '../support/canonical.ts'
import { SettableClock } from '../support/clock.ts'
import { courier, depsOf, row } from '../support/routing.ts'
import { temporaryFolder } from '../support/temp.ts'

/** What a courier does to a booking; `lost` and `made, lost`: its answer never comes. */
const FATES = ['yes', 'no', 'away', 'busy', 'lost', 'made, lost'] as const
type Fate = (typeof FATES)[number]

const NAMES = ['a', 'b', 'c']
const TABLE = readTable({ rows: [row(NAMES.map((partner) => ({ partner, perDay: 100 })))] })
const DELIVERIES = 30

/** Couriers with books of their own: each post that reaches one makes another booking. */
class Couriers {
  readonly made: string[] = []
  readonly #fates: Fate[]

  constructor(fates: Fate[]) {
    this.#fates = [...fates]
  }

  async book(partner: string): Promise<Answer> {
    const fate = this.#fates.shift() ?? 'yes'
    if (fate === 'no') return { outcome: 'refused', status: 422, messages: [{ code: 'NO', message: 'no' }] }
    if (fate === 'away') throw new PartnerFailure('none', 'outage', 'partner.away', 'away')
    if (fate === 'busy') throw new PartnerFailure('none', 'throttled', 'partner.throttled', 'busy')
    if (fate !== 'lost') this.made.push(partner)
    if (fate !== 'yes') throw new PartnerFailure('unknown', 'transient', 'partner.broken', 'broken')
    return { outcome: 'answered', status: 201, body: { bookingId: `B-${partner}` } }
  }

  async find(partner: string): Promise<Answer | undefined> {
    return this.made.includes(partner)
      ? { outcome: 'answered', status: 200, body: { bookingId: `B-${partner}` } }
      : undefined
  }
}

describe('passing on, whatever couriers do and however many processes are at it', function () {
  this.timeout(30_000)
  const clock = new SettableClock()
  const folder = temporaryFolder()
  let store: Store
  before(async () => {
    store = await openStore(`sqlite:${join(folder.path, 'test.db')}`, { clock })
  })
  after(async () => {
    await store.close()
    folder.remove()
  })

  /** One process with the message of an order, as the flow of order release is wired: delivered again while it fails. */
  async function work(orderId: string, couriers: Couriers): Promise<void> {
    const { documents } = store
    const lifecycle = new ShipmentLifecycle({ documents, clock })
    const outbox = new Effects({ documents, clock })
    const capacity = new Capacity(documents)
    const deps: SelectDeps = {
      ...depsOf(NAMES.map((name) => courier(name))),
      ...{ lifecycle, outbox, capacity },
      refused: async (id) => (await knownEffect(documents, id))?.state === 'refused',
    }
    for (let delivery = 0; delivery < DELIVERIES; delivery += 1) {
      try {
        if (await deliver()) return
      } catch (error) {
        if (!(error instanceof CartageError)) throw error
        clock.advance(40_000)
      }
    }

    /** True when the message is done with. */
    async function deliver(): Promise<boolean> {
      let { shipment } = await lifecycle.create(order(orderId), { correlationId: 'c' })
      let attempted: Attempted | undefined
      for (;;) {
        const selected = await select(TABLE, { shipment, attempted, tries: 3, now: clock.now() }, deps)
        const { partner } = selected
        if (partner === undefined) return true
        shipment = selected.shipment
        const effect = {
          ...{ id: deriveId('effect', partner, 'book', shipment.shipmentId), partner, operation: 'book' },
          ...{ subject: shipment.shipmentId, messageId: orderId },
        }
        const failed = (code: string, category: Attempted['category'], outcome: Attempted['outcome']) => {
          attempted = { partner, outcome, code, why: code, category, effect }
        }
        try {
          const answer = await outbox.perform({
            ...effect,
            repeatable: false,
            send: () => couriers.book(partner),
            lookUp: () => couriers.find(partner),
          })
          if (answer.outcome === 'refused') failed('partner.refused', 'refused', 'refused')
          else {
            const bookedAt = new Date(clock.now()).toISOString()
            await lifecycle.recordBooking(shipment.shipmentId, { partner, bookingId: `B-${partner}`, bookedAt })
            return true
          }
        } catch (error) {
          if (!(error instanceof CartageError)) throw error
          failed(error.code, error.category, 'unreachable')
        }
      }
    }
  }

  let number = 0
  const check = (processes: number, numRuns: number) =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...FATES), { maxLength: 14 }), async (fates) => {
        number += 1
        const orderId = `SO-${number}`
        const couriers = new Couriers(fates)
        await Promise.all(Array.from({ length: processes }, () => work(orderId, couriers)))
        const [shipment] = await new ShipmentLifecycle({ documents: store.documents, clock }).findByReference(orderId)
        const booked = shipment?.booking?.partner
        assert.deepEqual(couriers.made, booked === undefined ? [] : [booked], JSON.stringify(fates))
        if (!fates.includes('no')) assert.ok(booked, 'nobody said no, and yet nobody has it')
      }),
      { seed: 3, numRuns },
    )

  it('a shipment is booked once, and what is booked is what the shipment says', () => check(1, 25))

  it('and so it is when several processes have its message', () => check(3, 10))
})
