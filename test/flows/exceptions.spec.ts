import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'mocha'
import { createEvaluator } from '../../engine/mapping/evaluate.ts'
import { applyEvent, newShipment } from '../../engine/lifecycle/shipment.ts'
import { packageRoot } from '../../engine/package-root.ts'
import type { FlowNode } from '../../nodes/settings/flow-files.ts'
import { event, order } from '../support/canonical.ts'

const file = join(packageRoot(), 'flows/delivery-exceptions.json')
const nodes = JSON.parse(readFileSync(file, 'utf8')) as FlowNode[]
const opens = String(nodes.find(({ id }) => id === 'exc-open')?.property)
const { evaluate } = createEvaluator()
const NOW = Date.parse('2026-03-02T12:00:00Z')

describe('whether a failed attempt opens a case', () => {
  const failed = event('delivery.attempt_failed', 30)
  const delivered = event('delivery.completed', 50)
  const after = (...events: (typeof failed)[]) =>
    events.reduce(
      (shipment, one) => {
        const applied = applyEvent(shipment, one, NOW)
        return applied.shipment
      },
      newShipment(order(), { now: NOW, correlationId: 'c' }),
    )
  const asked = (shipment: unknown) => evaluate(opens, { payload: { data: failed }, shipment })

  it('it does, and comes to the same decision when the step runs again and the shipment is delivered by then', async () => {
    assert.equal(await asked(after(failed)), true)
    assert.equal(await asked(after(failed, delivered)), true)
  })

  it('it does not when it is told only after the delivery', async () => {
    assert.equal(await asked(after(delivered, failed)), false)
  })
})
