import assert from 'node:assert/strict'
import type { Charge, Settlement, Shipment } from '../../engine/canonical/types.ts'
import { newShipment } from '../../engine/lifecycle/shipment.ts'
import type { Prices } from '../../engine/settlement/agreed.ts'
import { Charges } from '../../engine/settlement/charges.ts'
import { Decisions } from '../../engine/settlement/decide.ts'
import { ChargeEntries } from '../../engine/settlement/entries.ts'
import { settlementOf } from '../../engine/settlement/settlement.ts'
import { statementCsv, statementOf } from '../../engine/settlement/statement.ts'
import { parseTolerance } from '../../engine/settlement/tolerance.ts'
import { order } from '../support/canonical.ts'
import { storeBench } from '../support/store-bench.ts'

const usd = (amount: string) => ({ amount, currency: 'USD' })
const TOLERANCE = parseTolerance('0.50 2%; fuel 0.05; cash 0')
const PRICES: Prices = {
  tariff: {
    ...{ currency: 'USD', base: '5.00', perKg: '1.00' },
    accessorials: { fuel: { percent: '10' }, redelivery: { amount: '3.50' }, return: { percent: '50' } },
  },
}

describe('charges', () => {
  const bench = storeBench()
  let charges: Charges
  let shipment: Shipment
  beforeEach(() => {
    const price = usd('12.99')
    const booking = { partner: 'courier-a', bookingId: 'B-1', bookedAt: '2026-03-02T10:00:00Z', price }
    shipment = { ...newShipment(order('SO-1'), { now: 0, correlationId: 'c' }), booking }
    charges = new Charges({
      ...{ documents: bench.store.documents, clock: bench.clock },
      shipmentOf: async (reference) => (['SO-1', shipment.shipmentId].includes(reference) ? shipment : undefined),
      pricesOf: () => PRICES,
    })
  })
  const charge = (kind: Charge['kind'], amount: string, more: Partial<Charge> = {}): Charge => ({
    ...{ chargeId: `INV-1-${kind}`, shipmentId: shipment.shipmentId, orderId: 'SO-1', invoice: 'INV-1', kind },
    ...{ amount: usd(amount), chargedBy: 'courier-a', status: 'received', chargedAt: '2026-03-05T00:00:00Z' },
    ...more,
  })
  const receive = (one: Charge, source = 'file-1') => charges.receive(one, TOLERANCE, source)
  const delivered = () =>
    void shipment.timeline.push({ ...shipment.timeline[0]!, eventId: 'd', type: 'delivery.completed' })

  describe('match', () => {
    for (const [kind, amount, outcome, why] of [
      ['freight', '12.99', 'matched', undefined],
      ['freight', '13.49', 'matched', undefined],
      ['freight', '13.50', 'mismatched', '0.51 USD from what was agreed'],
      ['freight', '12.48', 'mismatched', '-0.51 USD from what was agreed'],
      ['fuel', '1.35', 'matched', undefined],
      ['fuel', '1.36', 'mismatched', '0.06 USD from what was agreed'],
      ['redelivery', '3.50', 'mismatched', 'there was no second attempt'],
      ['return', '6.50', 'mismatched', 'nothing was brought back'],
      ['waiting', '20.00', 'mismatched', 'nobody has seen the vehicle wait'],
      ['insurance', '1.00', 'mismatched', 'its prices name no such charge'],
      ['cod_fee', '1.00', 'mismatched', 'no cash was to be collected'],
    ] as const)
      it(`${kind} ${amount}: ${outcome}${why ? `, ${why}` : ''}`, async () => {
        const received = await receive(charge(kind, amount))
        assert.deepEqual([received.outcome, received.entry.why], [outcome, why])
      })

    it('a second delivery by the number of attempts, a return once there was one', async () => {
      shipment = { ...shipment, attempt: 3 }
      shipment.timeline.push({ ...shipment.timeline[0]!, eventId: 'r', type: 'return.started' })
      assert.equal((await receive(charge('redelivery', '7.00'))).outcome, 'matched')
      assert.deepEqual((await receive(charge('return', '6.50'))).entry.agreed, usd('6.50'))
    })

    it('waiting against what was foreseen', async () => {
      const foreseen = charge('waiting', '25.00', {
        chargeId: 'detention-1',
        status: 'expected',
        invoice: undefined as never,
      })
      assert.equal((await receive(foreseen)).outcome, 'noted')
      assert.equal((await receive(charge('waiting', '25.30'))).outcome, 'matched')
    })

    it('by the tariff when nothing was agreed at the booking', async () => {
      const { price: _price, ...booking } = shipment.booking!
      shipment = { ...shipment, booking }
      const { entry } = await receive(charge('freight', '17.70'))
      assert.deepEqual([entry.agreedBy, entry.state, entry.agreed], ['tariff', 'matched', usd('17.70')])
    })

    for (const [what, change, why] of [
      ['of a courier that did not carry it', { chargedBy: 'courier-b' }, /did not carry/],
      ['for a shipment that nobody knows', { shipmentId: 'other', orderId: 'SO-9' }, /no such shipment/],
      ['in another currency', { amount: { amount: '12.99', currency: 'EUR' } }, /agreed in USD/],
    ] as const)
      it(`nothing ${what}`, async () =>
        assert.match((await receive(charge('freight', '12.99', change))).entry.why ?? '', why))

    it('the same kind twice for one shipment is for finance, on whichever invoice', async () => {
      await receive(charge('freight', '12.99'))
      const again = await receive(charge('freight', '12.99', { chargeId: 'INV-2-1', invoice: 'INV-2' }), 'file-2')
      assert.deepEqual([again.outcome, again.entry.why], ['mismatched', 'this was charged before, on invoice INV-1'])
    })
  })

  describe('duplicates', () => {
    it('the same kind twice for one shipment is never paid twice, also when both come at the same moment', async () => {
      const twins = ['a', 'b'].map((chargeId) => charge('freight', '12.99', { chargeId }))
      const received = await Promise.all(twins.map((one) => receive(one)))
      const matched = (found: typeof received) => found.filter(({ entry }) => entry.state === 'matched').length
      assert.ok(matched(received) <= 1)
      assert.ok(matched(await Promise.all(twins.map((one) => receive(one)))) <= 1, 'nor when they come again')
    })

    it('the same position from the same file changes nothing', async () => {
      await receive(charge('freight', '12.99'))
      assert.equal((await receive(charge('freight', '12.99'))).outcome, 'repeated')
    })

    it('an invoice that comes again in another file is refused, whatever is in it', async () => {
      await receive(charge('freight', '12.99'))
      assert.equal((await receive(charge('fuel', '1.30'), 'file-2')).outcome, 'duplicate')
      assert.equal((await bench.store.documents.page('charge', { limit: 9 })).items.length, 1)
    })

    it('a position with other content under its number is refused', async () => {
      await receive(charge('freight', '12.99'))
      assert.equal((await receive(charge('freight', '1.00'))).outcome, 'duplicate')
    })

    it('of two files that come at once one has the invoice', async () => {
      const both = await Promise.all(['a', 'b'].map((source) => receive(charge('freight', '12.99'), source)))
      assert.equal(both.filter(({ outcome }) => outcome === 'duplicate').length, 1)
    })
  })

  describe('cash on delivery', () => {
    const remittance = (cash?: string): Settlement => ({
      ...{ settlementId: 'RM-1', shipmentId: shipment.shipmentId, orderId: 'SO-1', status: 'settled', charges: [] },
      ...(cash !== undefined && { cashCollected: usd(cash) }),
      updatedAt: '2026-03-05T00:00:00Z',
    })
    const cash = (amount?: string) => charges.receiveCash(remittance(amount), 'courier-a', TOLERANCE)

    it('matches what was to be collected, to the cent', async () => {
      shipment = { ...shipment, cashOnDelivery: usd('25.99') }
      delivered()
      assert.equal((await cash('25.99')).outcome, 'matched')
    })

    it('is for finance when a cent is missing, or all of it', async () => {
      shipment = { ...shipment, cashOnDelivery: usd('25.99') }
      delivered()
      assert.equal((await cash()).entry.difference?.amount, '-25.99')
    })

    it('is none where nothing was delivered', async () => {
      shipment = { ...shipment, cashOnDelivery: usd('25.99') }
      assert.equal((await cash()).outcome, 'matched')
    })
  })

  describe('a bill', () => {
    const two = (kind: 'freight' | 'fuel', amount: string) => receive(charge(kind, amount, { invoiceLines: 2 }))
    const entries = () => new ChargeEntries({ documents: bench.store.documents, clock: bench.clock })
    const finance = () => new Decisions({ charges: entries(), audit: bench.store.audit, clock: bench.clock })
    const billed = async (entryId: string) =>
      (await charges.billOf(entryId))?.charges.map(({ kind, amount }) => [kind, amount.amount])

    it('is made when all positions are there and decided', async () => {
      const { entry } = await two('freight', '12.99')
      assert.equal(await charges.billOf(entry.entryId), undefined)
      await two('fuel', '1.30')
      assert.deepEqual(await billed(entry.entryId), [
        ['freight', '12.99'],
        ['fuel', '1.30'],
      ])
    })

    it('waits for finance: one proposes, another releases, and what was agreed is paid', async () => {
      const { entry } = await two('freight', '19.99')
      await two('fuel', '1.30')
      const desk = finance()
      assert.equal(await charges.billOf(entry.entryId), undefined)
      await assert.rejects(desk.release(entry.entryId, 'ann', 'agreed'), { code: 'charges.not-proposed' })
      await desk.propose(entry.entryId, 'ann', 'agreed', 'the rate of the contract')
      await assert.rejects(desk.release(entry.entryId, 'ann', 'agreed'), { code: 'charges.four-eyes' })
      assert.equal((await desk.release(entry.entryId, 'ben', 'agreed'))?.state, 'released')
      assert.equal((await desk.release(entry.entryId, 'ben', 'agreed'))?.state, 'released')
      await assert.rejects(desk.refuse(entry.entryId, 'ann', 'no'), { code: 'charges.not-open' })
      assert.deepEqual((await billed(entry.entryId))?.[0], ['freight', '12.99'])
      await charges.posted({ courier: 'courier-a', invoice: 'INV-1' }, '5105600001')
      const shown = settlementOf(shipment, undefined, await entries().ofShipment(shipment.shipmentId))
      assert.deepEqual(shown.freightTotal, usd('14.29'))
    })

    it('is of what the second has read: a proposal that was changed meanwhile is read again', async () => {
      const { entry } = await two('freight', '19.99')
      const desk = finance()
      await desk.propose(entry.entryId, 'ann', 'agreed', 'the rate of the contract')
      await desk.propose(entry.entryId, 'ann', 'charged', 'all of it')
      await assert.rejects(desk.release(entry.entryId, 'ben', 'agreed'), { code: 'charges.proposal-changed' })
      assert.deepEqual((await desk.release(entry.entryId, 'ben', 'charged'))?.pays, usd('19.99'))
    })

    it('is in its own currency: what was agreed in another one cannot be paid instead', async () => {
      const { entry } = await receive(charge('freight', '12.99', { amount: { amount: '12.99', currency: 'EUR' } }))
      const proposal = finance().propose(entry.entryId, 'ann', 'agreed', 'as agreed')
      await assert.rejects(proposal, { code: 'charges.nothing-agreed' })
    })

    it('of the shipment is neither settled nor full while a charge is not in the books, and leaves out what is refused', async () => {
      const { entry } = await receive(charge('waiting', '40.00', { invoice: 'INV-2' }))
      await finance().refuse(entry.entryId, 'ann', 'nobody waited')
      await receive(charge('freight', '12.99'))
      await charges.posted({ courier: 'courier-a', invoice: 'INV-1' }, '5105600001')
      const billing = { ...shipment, status: 'released' as const }
      const shown = async () => settlementOf(shipment, billing, await entries().ofShipment(shipment.shipmentId))
      const { freightTotal, status } = await shown()
      assert.deepEqual([freightTotal, status], [usd('12.99'), 'settled'])
      await receive(charge('fuel', '1.30', { invoice: 'INV-3' }))
      assert.equal((await shown()).status, 'released')
    })

    it('leaves out what was refused; of nothing there is none', async () => {
      const desk = finance()
      const { entry } = await receive(charge('waiting', '40.00', { invoiceLines: 2 }))
      await two('fuel', '1.30')
      await desk.refuse(entry.entryId, 'ann', 'nobody waited')
      assert.deepEqual(await billed(entry.entryId), [['fuel', '1.30']])
      await assert.rejects(desk.propose(entry.entryId, 'ben', 'charged', 'yes it did'), { code: 'charges.not-open' })
    })
  })

  it('the statement of a month counts cash in the currency in which it was to be collected', async () => {
    shipment = { ...shipment, cashOnDelivery: usd('25.99') }
    delivered()
    const cash: Settlement = {
      ...{ settlementId: 'COD-1', shipmentId: shipment.shipmentId, orderId: 'SO-1', status: 'pending', charges: [] },
      ...{ cashCollected: { amount: '20.00', currency: 'EUR' }, updatedAt: '2026-03-05T00:00:00Z' },
    }
    await charges.receiveCash(cash, 'courier-a', TOLERANCE)
    const { totals } = await statementOf(bench.store.documents, 'courier-a', '2026-03')
    assert.deepEqual(
      totals.map(({ currency, cashDue, cashHandedOn }) => [currency, cashDue.amount, cashHandedOn.amount]),
      [
        ['EUR', '0.00', '20.00'],
        ['USD', '25.99', '0.00'],
      ],
    )
  })

  it('the statement of a month agrees with its charges, to the cent', async () => {
    shipment = { ...shipment, cashOnDelivery: usd('25.99') }
    delivered()
    await receive(charge('freight', '12.99'))
    await receive(charge('fuel', '1.30'))
    await receive(charge('waiting', '40.00', { chargeId: '=HYPERLINK("x")' }))
    await receive(charge('other', '3.00', { chargedAt: '2026-04-01T00:00:00Z', chargeId: 'april' }))
    const cash = { settlementId: 'RM-1', shipmentId: shipment.shipmentId, orderId: 'SO-1', charges: [] }
    const told = { ...cash, status: 'settled', cashCollected: usd('20.00'), updatedAt: '2026-03-06T00:00:00Z' } as const
    await charges.receiveCash(told as never, 'courier-a', TOLERANCE)
    const statement = await statementOf(bench.store.documents, 'courier-a', '2026-03')
    assert.equal(statement.lines.length, 4)
    const [{ currency: _usd, ...sums }] = statement.totals as unknown as [Record<string, { amount: string }>]
    assert.deepEqual(Object.fromEntries(Object.entries(sums).map(([name, { amount }]) => [name, amount])), {
      ...{ charged: '54.29', paid: '14.29', refused: '0.00', open: '40.00' },
      ...{ cashDue: '25.99', cashHandedOn: '20.00', balance: '8.30' },
    })
    const csv = statementCsv(statement)
    assert.match(csv, /"'=HYPERLINK\(""x""\)"/)
    assert.equal(csv.trim().split('\r\n').length, 6)
    assert.match(csv, /\r\nTOTAL,,,,,,54\.29,,14\.29,USD,,\r\n$/)
  })

  for (const text of ['half', '-1', 'fuel x', '1e3', '5%%'])
    it(`"${text}" is no tolerance`, () =>
      assert.throws(() => parseTolerance(text), { code: 'charges.tolerance', category: 'invalid' }))
})
