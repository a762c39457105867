import assert from 'node:assert/strict'
import type { ApiLogEntry } from '../../engine/api/call.ts'
import type { EffectRecord } from '../../engine/delivery/effect-record.ts'
import type { SlaState } from '../../engine/delivery/sla.ts'
import type { ProcessState, ProcessStep } from '../../engine/processes/process-state.ts'
import { traceHeaders } from '../../engine/telemetry/trace.ts'
import type { NewMessage } from '../../engine/store/ports.ts'
import { eventually } from '../support/eventually.ts'
import { type LedgerRequest, type Scenario, startScenario } from '../support/scenario.ts'
import { ask } from '../support/simulated-partners.ts'

const ID = 'erp-release-7001'
/** Not asked for an order: who we are, and a picture at an address that may be anybody's, whom our ids do not concern. */
const OF_NO_ORDER = new Set(['token', 'service', 'photo'])

describe('One order from release to invoice', function () {
  this.timeout(90_000)
  let s: Scenario
  let shipmentId: string
  const published: NewMessage[] = []
  const logged: ApiLogEntry[] = []
  const requests: LedgerRequest[] = []

  before(async () => {
    s = await startScenario({ clock: true })
    const { hub } = s.hub.runtime
    const publish = hub.publish.bind(hub)
    hub.publish = (messages) => {
      published.push(...messages)
      return publish(messages)
    }
    const { deps } = s.hub.runtime.api
    const { log } = deps
    deps.log = (entry) => {
      logged.push(entry)
      log(entry)
    }
    const order = s.order('SO-7001')
    const { deliveryDocument, orderId, lines } = order
    s.partners.control.plan('87001', 'delivered')
    await ask(`${s.partners.url}/_control/erp/deliveries`, { json: { deliveryDocument, orderId, lines } })
    const headers = { 'idempotency-key': '"release SO-7001"', 'x-correlation-id': ID }
    const { status } = await s.api('erp')('POST', 'orders', order, headers)
    assert.ok(status === 201 || status === 202, String(status))
    ;({ shipmentId } = await s.shipment('SO-7001', (shipment) => shipment.status === 'delivery.completed'))
    await s.effect('sap-s4hana', 'invoice', '87001')
    await s.quiet()
    requests.push(...(s.partners.ledger.requests() as unknown as LedgerRequest[]))
  })
  after(() => s?.close())

  it('the shipment keeps the id that the ERP gave, and every partner is told it with every request', async () => {
    assert.equal((await s.shipment('SO-7001')).correlationId, ID)
    const about = requests.filter(({ operation }) => !OF_NO_ORDER.has(operation))
    const partners = new Set(about.map(({ partner }) => partner))
    for (const partner of ['sap-s4hana', 'shiphero', 'optimoroute']) assert.ok(partners.has(partner), partner)
    const others = about.filter(({ correlation }) => correlation !== ID)
    assert.deepEqual(
      others.map(({ partner, operation, correlation }) => [partner, operation, correlation]),
      [],
    )
  })

  it('all of them are of one trace, each a span of its own', () => {
    const trace = traceHeaders(ID, '').traceparent?.split('-')[1]
    const own = requests.filter(({ correlation }) => correlation === ID).map(({ traceparent }) => traceparent)
    assert.deepEqual(new Set(own.map((one) => one.split('-')[1])), new Set([trace]))
    assert.ok(new Set(own).size > 5)
  })

  it('every message about the shipment carries it, and so does every effect in the outbox', async () => {
    const about = published.filter(({ key, channel }) => key === shipmentId || channel.startsWith('api.'))
    assert.ok(about.length > 5)
    const others = about.filter(({ correlationId }) => correlationId !== ID)
    assert.deepEqual(
      others.map(({ channel, correlationId }) => [channel, correlationId]),
      [],
    )
    const { documents } = s.hub.runtime.hub.store
    const effects = (await documents.page<EffectRecord>('effect', { limit: 1000 })).items
    const strangers = effects.filter(({ body }) => body.correlationId !== ID)
    assert.deepEqual(
      strangers.map(({ body }) => [body.partner, body.operation, body.correlationId]),
      [],
    )
    assert.equal((await documents.find('effect', ID, 'correlation')).length, effects.length)
  })

  it('no clock runs for it any more', async () => {
    const { documents } = s.hub.runtime.hub.store
    const clocks = [...(await documents.find<SlaState>('sla', shipmentId, 'sla'))]
    assert.ok(clocks.some(({ body }) => body.timer === 'pod-to-invoice'))
    const running = clocks.filter(({ body }) => body.state !== 'stopped')
    assert.deepEqual(
      running.map(({ body }) => body.timer),
      [],
    )
  })

  it('the log line of its release names it', () => {
    assert.equal(logged.find(({ operation }) => operation === 'releaseOrder')?.correlationId, ID)
  })

  it('where it stands is visible: every effect that the partners have is a step that is done', async () => {
    const { status, body } = await s.api('operator')('GET', `shipments/${shipmentId}/process`)
    assert.equal(status, 200)
    const { steps, waitsFor, deadLetters, correlationId } = body as unknown as ProcessState
    assert.equal(correlationId, ID)
    assert.deepEqual([waitsFor, deadLetters], [[], []])
    const done = steps.filter(({ state }) => state === 'done')
    for (const title of ['order released', 'delivered', 'proof kept', 'release the invoice'])
      assert.ok(
        done.some((step) => step.title === title),
        `${title}: ${steps.map((step) => `${step.title} ${step.state}`)}`,
      )
    const asked = new Set(steps.flatMap(({ partner, effectId }) => (effectId && partner) || []))
    for (const partner of new Set(requests.filter(({ effect }) => effect).map(({ partner }) => partner)))
      assert.ok(asked.has(partner), partner)
  })

  it('an ERP that is away: the order says whom it waits for and when it is asked again, and then that it is done', async () => {
    s.partners.control.hold('87002')
    s.partners.control.fault({ partner: 'sap-s4hana', kind: 'outage', ms: 3_600_000 })
    await s.release(s.order('SO-7002'))
    const { shipmentId } = await s.shipment('SO-7002', ({ booking }) => booking !== undefined)
    const waiting = await until(shipmentId, (one) => one.waitsFor?.partner === 'sap-s4hana')
    assert.deepEqual([waiting.state, waiting.waitsFor?.who], ['waiting', 'partner'])
    s.partners.control.clearFaults()
    const { title } = waiting
    await until(shipmentId, (one) => one.title === title && one.state === 'done')
  })

  it('called off: what can be undone says so, and is undone afterwards', async () => {
    const { shipmentId } = await s.shipment('SO-7002')
    const undoable = (await steps(shipmentId)).filter(({ undo }) => undo?.possible).map(({ title }) => title)
    assert.ok(undoable.includes('courier booked') && undoable.includes('warehouse order'), undoable.join())
    assert.equal((await s.api('erp')('POST', `shipments/${shipmentId}/cancel`, {})).status, 202)
    for (const title of undoable) await until(shipmentId, (one) => one.title === title && one.state === 'undone')
    await s.quiet()
    const { booking } = await s.shipment('SO-7002', ({ status }) => status === 'shipment.cancelled')
    assert.equal(s.effects(booking?.partner ?? '', 'cancellation', '87002').length, 1)
    const entries = await s.hub.runtime.hub.store.audit.page({ subject: shipmentId, limit: 10 })
    const { correlationId } = await s.shipment('SO-7002')
    assert.equal(entries.find(({ action }) => action === 'shipment.cancel')?.details.correlationId, correlationId)
  })

  const steps = async (shipment: string): Promise<ProcessStep[]> =>
    ((await s.api('operator')('GET', `shipments/${shipment}/process`)).body as unknown as ProcessState).steps
  const until = (shipment: string, fits: (step: ProcessStep) => boolean): Promise<ProcessStep> =>
    eventually(async () => {
      const all = await steps(shipment)
      return all.find(fits) ?? assert.fail(all.map(({ title, state }) => `${title}: ${state}`).join(', '))
    }, 30_000)
})
