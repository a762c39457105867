import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import type { Customer } from '../../engine/canonical/types.ts'
import { newShipment } from '../../engine/lifecycle/shipment.ts'
import { noticeOf } from '../../engine/notices/notice.ts'
import { quietUntil } from '../../engine/notices/quiet.ts'
import { order } from '../support/canonical.ts'

const DEFAULTS = { language: 'en', quietFrom: '21:00', quietUntil: '08:00', publicUrl: 'https://hub.example' }
const shipment = {
  ...newShipment(order(), { now: 0, correlationId: 'c', trackingToken: 'token-token-token-1' }),
  promise: { earliest: '2026-03-03T09:00:00-05:00', latest: '2026-03-03T12:00:00-05:00' },
}
const told = { milestone: 'delivery.completed', occasion: '1' }
const customer = (change: Partial<Customer>): Customer => ({ customerId: 'C1', ...change })
const notice = (known?: Customer) => noticeOf(told, shipment, known, DEFAULTS)

describe('how a customer is told', () => {
  it('by mail, or by phone where there is none, when nobody knows their wishes', () => {
    const { email, phone } = shipment.consignee
    assert.deepEqual(pick(notice()), email ? ['email', email] : ['sms', phone])
    const { email: _none, ...consignee } = shipment.consignee
    assert.deepEqual(pick(noticeOf(told, { ...shipment, consignee }, undefined, DEFAULTS)), ['sms', phone])
  })

  it('by the way that they prefer, in their language, by their clock', () => {
    const wishes = customer({
      ...{ language: 'de-AT', timeZone: 'Europe/Vienna', phone: '+43111' },
      notices: { channels: ['sms', 'email'] },
    })
    const one = notice(wishes)
    assert.deepEqual(pick(one), ['sms', '+43111'])
    assert.ok(!('withheld' in one))
    assert.deepEqual([one.language, one.window], ['de', '3. März, 15:00–18:00'])
  })

  it('has the link to the page and nothing else of theirs', () => {
    const { to: _to, ...rest } = notice() as unknown as Record<string, string>
    const { name, address } = shipment.consignee
    assert.equal(rest.link, 'https://hub.example/track/token-token-token-1')
    for (const part of [name, ...address.lines, address.city]) assert.ok(!JSON.stringify(rest).includes(part), part)
  })

  const withheld: [string, Customer, string][] = [
    ['who has withdrawn consent', customer({ notices: { channels: ['none'] } }), 'declined'],
    ['who wants no way at all', customer({ notices: { channels: [] } }), 'declined'],
    [
      'of what they do not want',
      customer({ notices: { channels: ['email'], milestones: ['delivery.failed'] } }),
      'not-wanted',
    ],
  ]
  for (const [who, wishes, why] of withheld)
    it(`tells nobody ${who}`, () => assert.deepEqual((notice(wishes) as { withheld?: string }).withheld, why))

  it('tells nobody without an address', () => {
    const { email: _email, phone: _phone, ...consignee } = shipment.consignee
    const one = noticeOf(told, { ...shipment, consignee }, undefined, DEFAULTS)
    assert.equal((one as { withheld?: string }).withheld, 'no-address')
  })

  it('a milestone has one id, another attempt another', () => {
    assert.equal(notice().noticeId, `${shipment.shipmentId}/delivery.completed/1`)
    assert.notEqual(noticeOf({ ...told, occasion: '2' }, shipment, undefined, DEFAULTS).noticeId, notice().noticeId)
  })
})

describe('quiet hours', () => {
  const hours = { from: '21:00', until: '08:00', zone: 'America/New_York' }
  const end = (time: string, quiet = hours) => {
    const ends = quietUntil(Date.parse(time), quiet)
    return ends === undefined ? undefined : new Date(ends).toISOString()
  }

  it('end in the morning, before midnight and after', () => {
    assert.equal(end('2026-03-02T22:30:00-05:00'), '2026-03-03T13:00:00.000Z')
    assert.equal(end('2026-03-03T03:00:00-05:00'), '2026-03-03T13:00:00.000Z')
  })
  it('begin with their first minute and are over with their last', () => {
    assert.ok(end('2026-03-02T21:00:00-05:00'))
    assert.equal(end('2026-03-02T20:59:00-05:00'), undefined)
    assert.equal(end('2026-03-03T08:00:00-05:00'), undefined)
  })
  it('go by the clock in the night in which it is put forward', () => {
    assert.equal(end('2026-03-07T23:00:00-05:00'), '2026-03-08T12:00:00.000Z')
  })
  it('may lie in the day, and may be none', () => {
    const midday = { ...hours, from: '12:00', until: '14:00' }
    assert.equal(end('2026-03-02T13:00:00-05:00', midday), '2026-03-02T19:00:00.000Z')
    assert.equal(end('2026-03-02T03:00:00-05:00', { ...hours, from: '00:00', until: '00:00' }), undefined)
  })
  for (const rotten of [{ from: '9pm' }, { until: '24:30' }, { zone: 'Mars/Base' }])
    it(`are refused when they are ${JSON.stringify(rotten)}`, () =>
      assert.throws(() => end('2026-03-02T03:00:00-05:00', { ...hours, ...rotten }), /notice|time/))
})

function pick(one: ReturnType<typeof noticeOf>): unknown[] {
  return 'withheld' in one ? [one.withheld] : [one.channel, one.to]
}
