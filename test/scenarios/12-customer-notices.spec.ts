import assert from 'node:assert/strict'
import { cloudEvent } from '../../engine/canonical/index.ts'
import type { Customer, DeliveryEvent } from '../../engine/canonical/types.ts'
import { event } from '../support/canonical.ts'
import { eventually } from '../support/eventually.ts'
import { type Scenario, startScenario } from '../support/scenario.ts'

const HOUR = 3_600_000

describe('12 Customer notices', function () {
  this.timeout(90_000)
  let s: Scenario
  before(async () => {
    s = await startScenario({
      flows: ['order-release', 'courier-events', 'delivery-exceptions', 'customer-notices'],
      clock: true,
    })
  })
  after(() => s?.close())
  afterEach(() => s.partners.control.clearFaults())

  let number = 12_100
  async function shipped(wishes: Partial<Customer> = {}) {
    number += 1
    const [orderId, reference, partyId] = [`SO-${number}`, `8${number}`, `CUST-${number}`]
    const records = [{ customerId: partyId, email: `c${number}@example.com`, phone: `+1555010${number}`, ...wishes }]
    await s.hub.runtime.masterData.apply(`batch-${number}`, { customers: records })
    s.partners.control.hold(reference)
    const released = s.order(orderId)
    await s.release({ ...released, consignee: { ...released.consignee, partyId } })
    const shipment = await s.shipment(orderId, ({ booking }) => booking !== undefined)
    const tell = async (type: DeliveryEvent['type'], change: Partial<DeliveryEvent> = {}) => {
      const { shipmentId, correlationId } = shipment
      const data = event(type, 1, { eventId: `${orderId}-${type}-${change.attempt ?? 1}`, shipmentId, ...change })
      await s.publish('milestones.customer', shipmentId, cloudEvent({ data, correlationId }))
    }
    const noticeId = (milestone: string, attempt = '/1') => `${shipment.shipmentId}/${milestone}${attempt}`
    return { shipment, reference, orderId, tell, noticeId, phone: records[0]!.phone }
  }
  const mails = (noticeId: string) => s.effects('postmark', 'email', noticeId)

  it('by mail, once per milestone, with the link to the page and nothing personal', async () => {
    const { tell, noticeId, shipment } = await shipped()
    await tell('delivery.out_for_delivery')
    const { data } = await s.effect('postmark', 'email', noticeId('delivery.out_for_delivery'))
    assert.match(data.TextBody, new RegExp(`/track/${shipment.trackingToken}`))
    const { name, address } = shipment.consignee
    for (const part of [name, ...address.lines]) assert.ok(!JSON.stringify(data.TextBody).includes(part), part)
    await s.clock.advance(1)
    await tell('delivery.out_for_delivery', { rawText: 'told again' })
    await tell('delivery.completed')
    await s.effect('postmark', 'email', noticeId('delivery.completed'))
    await s.quiet()
    assert.equal(mails(noticeId('delivery.out_for_delivery')).length, 1)
  })

  it('a second attempt is a milestone of its own', async () => {
    const { tell, noticeId } = await shipped()
    await tell('delivery.out_for_delivery', { attempt: 1 })
    await tell('delivery.out_for_delivery', { attempt: 2 })
    await s.effect('postmark', 'email', noticeId('delivery.out_for_delivery', '/1'))
    await s.effect('postmark', 'email', noticeId('delivery.out_for_delivery', '/2'))
  })

  it('by text message and in their language, where that is what they want', async () => {
    const { tell, phone } = await shipped({ language: 'de-AT', notices: { channels: ['sms'] } })
    await tell('delivery.completed')
    const { data } = await s.effect('twilio', 'sms', phone)
    assert.match(data.body, /^Ihre Bestellung SO-\d+ wurde zugestellt\. /)
  })

  it('consent withdrawn: told nothing, and that is on record', async () => {
    const { tell, noticeId } = await shipped({ notices: { channels: ['none'] } })
    await tell('delivery.completed')
    await eventually(async () => {
      const entries = await s.hub.runtime.hub.store.audit.page({ limit: 500 })
      return entries.some(
        ({ action, subject }) => action === 'notice.withheld' && subject === noticeId('delivery.completed'),
      )
    }, 30_000)
    await s.quiet()
    assert.equal(mails(noticeId('delivery.completed')).length, 0)
  })

  it('quiet hours of the customer’s own clock: waits until morning, and is sent then', async () => {
    // It is 10:00 in New York: quiet there until 11:30, and not in Los Angeles, where it is 7:00, until then.
    const { tell, noticeId } = await shipped({
      timeZone: 'America/New_York',
      notices: { channels: ['email'], quietFrom: '22:00', quietUntil: '11:30' },
    })
    await tell('delivery.completed')
    await eventually(async () => {
      const counts = await s.hub.runtime.hub.store.messages.counts()
      const notices = counts.find(({ subscription }) => subscription === 'notices.milestones')
      return notices?.waiting === 1 && notices.leased === 0
    }, 30_000)
    assert.equal(mails(noticeId('delivery.completed')).length, 0)
    await s.clock.advance(2 * HOUR)
    await s.effect('postmark', 'email', noticeId('delivery.completed'))
    assert.equal(mails(noticeId('delivery.completed')).length, 1)
  })

  it('the mail service is away or does not say what it did: sent once', async () => {
    const { tell, noticeId } = await shipped()
    s.partners.control.fault({ partner: 'postmark', kind: 'error', status: 503, times: 1 })
    await tell('pickup.completed')
    await s.effect('postmark', 'email', noticeId('pickup.completed', ''))
    s.partners.control.fault({
      partner: 'postmark',
      kind: 'timeout-after-commit',
      ms: 20,
      times: 1,
      operation: 'sendEmail',
    })
    await tell('delivery.completed')
    await s.effect('postmark', 'email', noticeId('delivery.completed'))
    await s.quiet()
    assert.equal(mails(noticeId('delivery.completed')).length, 1)
  })

  it('who is in touch with customer service is told there, through the CRM, in public', async () => {
    const { tell, noticeId, reference, orderId, shipment } = await shipped()
    await s.publish('sla.events', shipment.shipmentId, {
      ...{ rule: 'late-delivery', shipmentId: shipment.shipmentId, level: 'breached', dueAt: '2026-03-02T20:00:00Z' },
    })
    await s.shipment(orderId, ({ caseId }) => caseId !== undefined)
    await s.clock.advance(1000)
    await tell('delivery.out_for_delivery')
    const comment = await eventually(
      () => s.effects('zendesk', 'comment').find(({ businessKey }) => businessKey.startsWith(reference)),
      30_000,
    )
    assert.equal(comment.data.public, true)
    assert.match(comment.data.body, /out for delivery/)
    await s.quiet()
    assert.equal(mails(noticeId('delivery.out_for_delivery')).length, 0)
  })

  it('an address that does not work: a case for a person; STOP: nothing more', async () => {
    const dead = await shipped({ email: `bounced-${number}@example.com` })
    await dead.tell('delivery.completed')
    await s.effect('zendesk', 'case', `${dead.reference}:other`)
    const stopped = await shipped({ phone: '+15550100100', notices: { channels: ['sms'] } })
    await stopped.tell('delivery.completed')
    await eventually(() => s.requests('twilio').some(({ businessKey }) => businessKey === '+15550100100'), 30_000)
    await s.quiet()
    assert.equal(s.effects('zendesk', 'case', `${stopped.reference}:other`).length, 0)
  })

  it('a new window that was agreed or refused is told, a forecast is not', async () => {
    const { shipment, noticeId } = await shipped()
    const promise = { from: shipment.promise?.earliest ?? '', to: shipment.promise?.latest ?? '' }
    const { shipmentId, orderId } = shipment
    // The window that was promised first is agreed on again after another one was refused.
    for (const cause of ['eta', 'rescheduled', 'refused', 'rescheduled'])
      await s
        .publish('shipments.promised', `${shipmentId}`, { shipmentId, orderId, promise, cause })
        .then(() => s.clock.advance(1))
    const told = (milestone: string) =>
      s.effects('postmark', 'email').filter(({ businessKey }) => businessKey.startsWith(noticeId(milestone, '/')))
        .length
    await eventually(() => told('promise.rescheduled') === 2 && told('promise.refused') === 1, 30_000)
    await s.quiet()
    assert.equal(told('promise.eta'), 0)
  })
})
