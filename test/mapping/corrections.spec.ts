import assert from 'node:assert/strict'
import { mapEvents } from '../../engine/mapping/map-events.ts'
import { evaluator } from '../support/templates.ts'

describe('a step that the partner takes back', () => {
  const told = async (step: string) => {
    const [event] = await mapEvents(evaluator, {
      profile: { id: 'fictional-courier', version: '1.0.0', codes: { picked: { type: 'pickup.completed' } } },
      mappingSource: `$merge([$code(body.step), {
        "rawCode": body.step, "shipmentRef": { "type": "order", "value": "SO-1" }, "occurredAt": "2026-03-02T14:00:00Z",
        "dedupKey": "SO-1|" & body.step, "correctsKey": body.step = "not picked" ? "SO-1|picked"
      }])`,
      body: { step },
      headers: {},
      context: { receivedAt: '2026-03-02T15:00:00Z', correlationId: 'cor-1' },
    })
    return event!.data
  }

  it('corrects the event of that fact, whichever message told it', async () => {
    const [done, undone] = [await told('picked'), await told('not picked')]
    assert.equal(undone.corrects, done.eventId)
    assert.equal(done.corrects, undefined)
    assert.ok(!Object.hasOwn(undone, 'correctsKey'))
  })
})
