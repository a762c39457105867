import assert from 'node:assert/strict'
import { mapEntities, mapEvents } from '../../engine/mapping/map-events.ts'
import type { CodeEntry } from '../../engine/partner/profile-types.ts'
import { evaluator } from '../support/templates.ts'

const CODES: Record<string, CodeEntry> = {
  delivered: { type: 'delivery.completed' },
  billed: { ignored: true, label: 'Of the account' },
}

describe('a code that is left out on purpose', () => {
  const job = (mappingSource: string, ...codes: string[]) => ({
    profile: { id: 'fictional-courier', version: '1.0.0', codes: CODES },
    mappingSource,
    body: codes.map((code) => ({ code })),
    headers: {},
    context: { receivedAt: '2026-03-02T15:00:00Z', correlationId: 'cor-1' },
  })

  it('gives no event, and its neighbours in the payload theirs', async () => {
    const source = `body.$merge([$code(code), {
      "rawCode": code, "shipmentRef": { "type": "order", "value": "SO-1" }, "occurredAt": "2026-03-02T14:00:00Z"
    }])`
    const mapped = await mapEvents(evaluator, job(source, 'billed', 'delivered', 'unheard', 'billed'))
    assert.deepEqual(
      mapped.map(({ type, data }) => [type, data.rawCode]),
      [
        ['delivery.completed', 'delivered'],
        ['status.unmapped', 'unheard'],
      ],
    )
    assert.deepEqual(await mapEvents(evaluator, job(source, 'billed')), [])
  })

  it('gives no document of another kind either', async () => {
    assert.deepEqual(await mapEntities(evaluator, job('$merge([{ "entity": "case" }, $code("billed")])')), [])
  })
})
