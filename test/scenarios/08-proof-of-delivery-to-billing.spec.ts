import assert from 'node:assert/strict'
import type { DeliveryEvent, Order, ProofOfDelivery, Shipment } from '../../engine/canonical/index.ts'
import { cloudEvent } from '../../engine/canonical/index.ts'
import { eventually } from '../support/eventually.ts'
import { type Scenario, startScenario } from '../support/scenario.ts'
import { ask } from '../support/simulated-partners.ts'

const ERP = 'sap-s4hana'
const COURIERS = ['uber-direct', 'onfleet', 'easypost']

describe('8 Proof of delivery to billing', function () {
  this.timeout(60_000)
  let s: Scenario
  before(async () => {
    s = await startScenario({
      flows: ['order-release', 'courier-events', 'proof-of-delivery-to-billing'],
      clock: true,
    })
  })
  after(() => s?.close())
  afterEach(() => s.partners.control.clearFaults())

  /** A released order that this courier has, with the proof that its driver will bring. */
  async function carried(orderId: string, by: string, plan: { proof?: string; outcome?: string } = {}, change = {}) {
    const order = s.order(orderId, change)
    const reference = order.deliveryDocument ?? ''
    await planned(reference, { outcome: 'delivered', ...plan })
    for (const partner of COURIERS.slice(0, COURIERS.indexOf(by)))
      s.partners.control.fault({ partner, kind: 'error', status: 422 })
    s.partners.control.hold(reference)
    await s.release(order)
    const { booking } = await s.shipment(orderId, (shipment) => shipment.booking !== undefined)
    assert.equal(booking?.partner, by)
    await goodsIssued(orderId)
    s.partners.control.clearFaults()
    return reference
  }
  /** The warehouse has sent the goods off, as far as the ERP is concerned. */
  async function goodsIssued(orderId: string) {
    const erp = s.hub.runtime.partners.get(ERP)!.client()
    for (const shipment of await s.hub.runtime.lifecycle.findByReference(orderId, 'order'))
      await erp.call('postGoodsIssue', { shipment }, { key: shipment.shipmentId })
  }
  const planned = (reference: string, plan: object) =>
    ask(`${s.partners.url}/_control/plan`, { json: { reference, ...plan } })
  async function delivered(orderId: string, by: string, plan = {}, change: Partial<Order> = {}) {
    const reference = await carried(orderId, by, plan, change)
    s.partners.control.letGo(reference)
    await s.quiet()
    return reference
  }
  const kinds = (reference: string) =>
    s
      .effects(ERP, undefined, reference)
      .map(({ kind }) => kind)
      .filter((kind) => kind !== 'delivery-text')
  const once = (reference: string, ...expected: string[]) => {
    const found = kinds(reference)
    for (const kind of expected) assert.equal(found.filter((one) => one === kind).length, 1, `${kind}: ${found}`)
    return found
  }
  const invoices = (reference: string) => s.effects(ERP, 'invoice', reference)
  const proofsOf = async ({ shipmentId }: Shipment) =>
    (await s.hub.runtime.hub.store.documents.find<ProofOfDelivery>('proof_of_delivery', shipmentId, 'shipment')).map(
      ({ body }) => body,
    )
  const kept = async (orderId: string) =>
    (await proofsOf(await s.shipment(orderId))).flatMap(({ evidence }) => evidence.map(({ kind }) => kind))
  /** A later word of the courier, as its webhook would be mapped. */
  async function told(reference: string, change: Partial<DeliveryEvent>, isApplied = false) {
    const shipment = await s.shipment(reference)
    const at = new Date(s.clock.now()).toISOString()
    const eventId = `${change.type}-${reference}`
    const data: DeliveryEvent = {
      ...{ eventId, type: 'pod.available', shipmentId: shipment.shipmentId, occurredAt: at, receivedAt: at },
      shipmentRef: { type: 'shipment', value: shipment.shipmentId },
      ...{ source: 'API', provider: 'uber-direct', rawCode: 'told', dedupKey: eventId, mappingVersion: '1.0.0' },
      ...change,
    }
    if (isApplied) await s.hub.runtime.lifecycle.apply(data)
    await s.publish(
      'shipments.events',
      shipment.shipmentId,
      cloudEvent({ data, correlationId: shipment.correlationId }),
    )
  }

  it('photo, signature, barcode and name of three couriers: kept sealed, confirmed and invoiced once each', async () => {
    const one = await delivered('SO-7801', 'uber-direct')
    const two = await delivered('SO-7802', 'onfleet')
    const three = await delivered('SO-7803', 'easypost', {}, { serviceLevel: 'standard' })
    assert.deepEqual((await kept('SO-7801')).sort(), ['barcode', 'photo'])
    assert.deepEqual((await kept('SO-7802')).sort(), ['photo', 'signature'])
    assert.deepEqual(await kept('SO-7803'), ['signature'])
    for (const reference of [one, two, three]) once(reference, 'proof-of-delivery', 'invoice')
    const [proof] = await proofsOf(await s.shipment('SO-7801'))
    const photo = proof?.evidence.find(({ kind }) => kind === 'photo')
    assert.match(photo?.hash ?? '', /^[0-9a-f]{64}$/)
    const bytes = await s.hub.runtime.vault.read(proof!.podId, photo!.hash)
    assert.deepEqual([...bytes!.subarray(0, 3)], [0xff, 0xd8, 0xff])
  })

  it('PIN and ID: the right PIN and a checked ID release the invoice', async () => {
    const pin = await delivered('SO-7804', 'uber-direct', { proof: 'pin:4812' }, { deliveryPin: '4812' })
    const id = await delivered('SO-7805', 'uber-direct', { proof: 'id' })
    assert.deepEqual([await kept('SO-7804'), await kept('SO-7805')], [['pin'], ['id']])
    for (const reference of [pin, id]) once(reference, 'proof-of-delivery', 'invoice')
  })

  it('wrong PIN: no invoice, held once, customer service is told; a good proof lifts the hold and releases it', async () => {
    const reference = await delivered('SO-7806', 'uber-direct', { proof: 'pin:9999' }, { deliveryPin: '4812' })
    assert.deepEqual(
      kinds(reference).filter((kind) => /invoice|proof/.test(kind)),
      ['invoice-hold'],
    )
    const { shipmentId } = await s.shipment('SO-7806')
    const [rejected] = await messagesOn('pods.rejected', shipmentId)
    assert.deepEqual([rejected?.code, JSON.stringify(rejected).includes('9999')], ['pod.pin', false])
    await told('SO-7806', { evidence: [{ kind: 'photo', url: `${s.partners.url}/uber-direct/pod/good-7806.jpg` }] })
    await s.effect(ERP, 'invoice', reference)
    await s.quiet()
    once(reference, 'invoice-hold', 'invoice-release', 'proof-of-delivery', 'invoice')
  })

  it('a picture too small, a page instead of one, the picture of another door, nothing at all: no invoice', async () => {
    const { consignee } = s.order('SO-0')
    const elsewhere = { consignee: { ...consignee, address: { ...consignee.address, lines: ['77 Other Street'] } } }
    const first = await delivered('SO-7807', 'uber-direct', { proof: 'borrowed' })
    const [none, ...bad] = await Promise.all([
      delivered('SO-7811', 'uber-direct', { proof: 'none' }),
      delivered('SO-7808', 'uber-direct', { proof: 'tiny' }),
      delivered('SO-7809', 'uber-direct', { proof: 'page' }),
      delivered('SO-7810', 'uber-direct', { proof: 'borrowed' }, elsewhere),
    ])
    once(first, 'invoice')
    for (const reference of bad) {
      once(reference, 'invoice-hold')
      assert.equal(invoices(reference).length, 0, reference)
    }
    assert.deepEqual(
      kinds(none).filter((kind) => /invoice|proof/.test(kind)),
      [],
    )
  })

  it('partial refusal: quantity of the line, return authorisation and the invoice for what was handed over, each once', async () => {
    const { lines } = s.order('SO-0')
    const two = [lines[0]!, { ...lines[0]!, lineId: '20', sku: 'FICT-LAMP', quantity: 3 }]
    const reference = await delivered('SO-7812', 'onfleet', { outcome: 'partial' }, { lines: two })
    once(reference, 'proof-of-delivery', 'delivery-quantity', 'return', 'invoice')
    const [quantity] = s.effects(ERP, 'delivery-quantity', reference)
    assert.deepEqual([quantity?.data.item, quantity?.data.ActualDeliveryQuantity], [20, '2'])
    // 2 + 2 of 5 pieces at 12.99
    assert.equal(invoices(reference)[0]?.data.net, '51.96')
    assert.equal(kinds(reference).includes('invoice-hold'), false)
  })

  it('handed over damaged: held, and no invoice', async () => {
    const reference = await carried('SO-7813', 'uber-direct')
    await told('SO-7813', {
      type: 'delivery.completed',
      variant: 'damaged',
      evidence: [{ kind: 'photo', url: `${s.partners.url}/uber-direct/pod/dented.jpg` }],
    })
    await s.effect(ERP, 'invoice-hold', reference)
    assert.equal(invoices(reference).length, 0)
  })

  it('stops of one route: each invoice follows its own stop, whatever the order of the stops', async () => {
    const references = [
      await carried('SO-7814', 'uber-direct'),
      await carried('SO-7815', 'uber-direct'),
      await carried('SO-7816', 'uber-direct'),
    ]
    for (const done of [2, 0, 1]) {
      s.partners.control.letGo(references[done]!)
      await s.effect(ERP, 'invoice', references[done]!)
      const open = references.filter((reference) => invoices(reference).length === 0)
      assert.equal(open.length, [1, 0, 2].indexOf(done) === -1 ? 0 : { 2: 2, 0: 1, 1: 0 }[done])
    }
  })

  it('split order: invoiced when all of it is there, each part once', async () => {
    await releaseSplit('SO-7817', '87817', '97817')
    s.partners.control.letGo('87817')
    await s.effect(ERP, 'proof-of-delivery', '87817')
    await s.quiet()
    assert.equal(invoices('87817').length, 0, 'waits for the other part')
    s.partners.control.letGo('97817')
    await s.effect(ERP, 'invoice', '97817')
    await s.effect(ERP, 'invoice', '87817')
    await s.quiet()
    assert.deepEqual([invoices('87817').length, invoices('97817').length], [1, 1])
  })

  it('split order: a part that is cancelled is not waited for', async () => {
    await releaseSplit('SO-7820', '87820', '97820')
    s.partners.control.letGo('87820')
    await s.effect(ERP, 'proof-of-delivery', '87820')
    const [, second] = await s.hub.runtime.lifecycle.findByReference('SO-7820', 'order')
    const { shipmentId, deliveryDocument } = second!
    assert.equal(deliveryDocument, '97820')
    await told(shipmentId, { type: 'shipment.cancelled', provider: 'hub' }, true)
    await s.effect(ERP, 'invoice', '87820')
    assert.equal(invoices('97820').length, 0)
  })

  /** One order in two shipments, each with a piece of the only line; both are booked and have left the warehouse. */
  async function releaseSplit(orderId: string, ...documents: string[]) {
    const { lines, packages } = s.order(orderId)
    const parts = documents.map((deliveryDocument, index) => ({
      ...{ partId: `P${index + 1}`, deliveryDocument, packageIds: [packages[index]!.packageId] },
      lines: [{ lineId: lines[0]!.lineId, quantity: 1 }],
    }))
    const order = s.order(orderId, { parts })
    for (const deliveryDocument of documents) {
      await planned(deliveryDocument, { outcome: 'delivered' })
      s.partners.control.hold(deliveryDocument)
      await ask(`${s.partners.url}/_control/erp/deliveries`, {
        json: { deliveryDocument, orderId, lines: [{ ...lines[0], quantity: 1 }] },
      })
    }
    const { status, body } = await s.release(order)
    assert.ok(status < 300, JSON.stringify(body))
    await eventually(async () => {
      const all = await s.hub.runtime.lifecycle.findByReference(orderId, 'order')
      assert.equal(all.filter(({ booking }) => booking).length, 2)
      return true
    }, 30_000)
    await goodsIssued(orderId)
  }

  it("the ERP's answers get lost: asked before it is told again, one confirmation and one invoice", async () => {
    const reference = await carried('SO-7818', 'uber-direct')
    for (const operation of ['patchDelivery', 'createBilling'])
      s.partners.control.fault({ partner: ERP, operation, kind: 'timeout-after-commit', times: 1, ms: 20 })
    s.partners.control.letGo(reference)
    await s.effect(ERP, 'invoice', reference)
    await s.quiet()
    once(reference, 'proof-of-delivery', 'invoice')
  })

  it('corrected after the invoice: what was billed and not handed over is credited once', async () => {
    const reference = await delivered('SO-7819', 'uber-direct')
    const before = (await s.shipment('SO-7819')).timeline.find(({ type }) => type === 'delivery.completed')
    await told('SO-7819', {
      type: 'delivery.completed',
      variant: 'partial',
      corrects: before!.eventId,
      lines: [{ lineId: '10', delivered: 1, refused: 1 }],
    })
    const credit = await s.effect(ERP, 'credit', reference)
    await s.quiet()
    assert.deepEqual(
      credit.data.items.map((item: { RequestedQuantity: string }) => item.RequestedQuantity),
      ['1'],
    )
    once(reference, 'invoice', 'credit')
    // A proof that comes later is of the same telling; told once more otherwise, finance looks instead of crediting again.
    await told('SO-7819', { type: 'pod.available' })
    const corrects = `delivery.completed-SO-7819`
    const lines = [{ lineId: '10', delivered: 1.5, refused: 0.5 }]
    await told('SO-7819', {
      type: 'delivery.completed',
      eventId: 'again',
      dedupKey: 'again',
      variant: 'partial',
      corrects,
      lines,
    })
    await told('SO-7819', { type: 'delivery.completed', eventId: 'whole', dedupKey: 'whole', corrects: 'again' })
    await s.quiet()
    once(reference, 'credit')
    const { messages } = s.hub.runtime.hub.store
    const { items } = await messages.deadLetters({ key: (await s.shipment('SO-7819')).shipmentId }, { limit: 10 })
    assert.deepEqual(
      items.map(({ failure }) => failure.code),
      ['billing.corrected-twice', 'billing.corrected-twice'],
    )
  })

  /** What was published on a channel under a key, whether anybody listens or not. */
  async function messagesOn(channel: string, key: string): Promise<{ code?: string }[]> {
    return heard.filter((message) => message.channel === channel && message.key === key).map(({ payload }) => payload)
  }
  const heard: { channel: string; key: string; payload: { code?: string } }[] = []
  before(() => {
    const { hub } = s.hub.runtime
    const publish = hub.publish.bind(hub)
    hub.publish = (messages) => {
      heard.push(...(messages as unknown as typeof heard))
      return publish(messages)
    }
  })
})
