import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { cloudEvent, type DeliveryEvent, validateEnvelope } from '../../engine/canonical/index.ts'
import { example } from '../support/canonical.ts'

describe('envelopes', () => {
  const data = example<DeliveryEvent>('delivery-event')

  it('follow from the event they carry', () => {
    const event = cloudEvent({ data, correlationId: 'cor_1042', sequence: 7 })
    assert.deepEqual(validateEnvelope(event), [])
    assert.equal(event.id, data.eventId)
    assert.equal(event.source, '/partners/fictional-courier')
    assert.equal(event.type, data.type)
    assert.equal(event.subject, 'FICT1042')
    assert.equal(event.time, data.occurredAt)
    assert.equal(event.sequence, '7')
  })

  it('are refused with the field of the document inside that is wrong', () => {
    const event = cloudEvent({
      data: { ...data, occurredAt: '2026-02-30T00:00:00Z' },
      correlationId: 'c',
      time: data.occurredAt,
    })
    assert.deepEqual(
      validateEnvelope(event).map(({ field }) => field),
      ['data.occurredAt'],
    )
  })

  it('are refused when they say another type than the event inside, or name a schema that nobody has', () => {
    const event = cloudEvent({ data, correlationId: 'c' })
    assert.deepEqual(
      validateEnvelope({ ...event, type: 'delivery.completed' }).map(({ field }) => field),
      ['type'],
    )
    assert.deepEqual(
      validateEnvelope({ ...event, dataschema: 'https://cartage.dev/schemas/order/9.0' }).map(({ field }) => field),
      ['dataschema'],
    )
    assert.ok(validateEnvelope({ ...event, specversion: '0.3' }).length > 0)
  })
})
