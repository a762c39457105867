import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'mocha'
import type { DeliveryEvent, Shipment } from '../../engine/canonical/types.ts'
import { createEvaluator } from '../../engine/mapping/evaluate.ts'
import { withCase } from '../../engine/lifecycle/cases.ts'
import { applyEvent, newShipment } from '../../engine/lifecycle/shipment.ts'
import { packageRoot } from '../../engine/package-root.ts'
import type { FlowNode } from '../../nodes/settings/flow-files.ts'
import { event, order } from '../support/canonical.ts'

const file = join(packageRoot(), 'flows/delivery-exceptions.json')
const nodes = JSON.parse(readFileSync(file, 'utf8')) as FlowNode[]
/** What a change node puts into a field. */
const rule = (node: string, field: string) => {
  const { rules } = nodes.find(({ id }) => id === node) as unknown as { rules: { p: string; to: string }[] }
  return rules.find(({ p }) => p === field)!.to
}
const { evaluate } = createEvaluator()
const NOW = Date.parse('2026-03-02T12:00:00Z')

const after = (...events: DeliveryEvent[]): Shipment =>
  events.reduce(
    (shipment, one) => applyEvent(shipment, one, NOW).shipment,
    newShipment(order(), { now: NOW, correlationId: 'c' }),
  )
/** As the node sets it, field by field. */
async function problem(one: DeliveryEvent, shipment: Shipment) {
  const message = { payload: { type: one.type, data: one }, shipment }
  const kind = (await evaluate(rule('exc-which', 'problem.kind'), message)) as string | undefined
  const pauses = await evaluate(rule('exc-which', 'problem.pauses'), { ...message, problem: { kind } })
  return kind === undefined ? undefined : { kind, pauses }
}

describe('which problem an event tells of', () => {
  const failed = event('delivery.attempt_failed', 30)
  const delivered = event('delivery.completed', 50)

  it('a failed attempt is one, also when the step runs again and the shipment is delivered by then', async () => {
    assert.equal((await problem(failed, after(failed)))?.kind, 'failed_attempt')
    assert.equal((await problem(failed, after(failed, delivered)))?.kind, 'failed_attempt')
  })

  it('it is none when it is told only after the delivery', async () => {
    assert.equal(await problem(failed, after(delivered, failed)), undefined)
  })

  const kinds: [DeliveryEvent, string, boolean][] = [
    [event('delivery.attempt_failed', 1, { reason: 'address.incorrect' }), 'address', false],
    [event('delivery.attempt_failed', 1, { reason: 'recipient.refused' }), 'refusal', true],
    [event('delivery.failed', 1), 'failed_attempt', true],
    [event('shipment.damaged', 1), 'damage', true],
    [event('shipment.lost', 1), 'loss', true],
    [event('shipment.held', 1, { reason: 'address.inaccessible' }), 'address', false],
    [event('delivery.completed', 1, { variant: 'damaged' }), 'damage', true],
  ]
  for (const [one, kind, pauses] of kinds)
    it(`${one.type} ${one.reason ?? one.variant ?? ''} is ${kind}${pauses ? ' and stops billing' : ''}`, async () => {
      const found = await problem(one, after(one))
      assert.deepEqual([found?.kind, found?.pauses], [kind, pauses])
    })

  for (const one of [event('shipment.held', 1), event('delivery.completed', 1), event('transit.arrived', 1)])
    it(`${one.type} is none`, async () => assert.equal(await problem(one, after(one)), undefined))
})

describe('which cases an event settles', () => {
  const open = (...kinds: ('delay' | 'damage' | 'failed_attempt' | 'pod_missing')[]) =>
    kinds.reduce(
      (shipment, kind, index) =>
        withCase(shipment, { caseId: String(index), kind, status: 'open', cause: 'before' }, '2026-03-02T12:00:00Z'),
      after(),
    )
  const settled = async (one: DeliveryEvent, shipment: Shipment) =>
    (
      (await evaluate(rule('exc-settled', 'settled'), { payload: { type: one.type, data: one }, shipment })) as {
        kind: string
      }[]
    )
      .map(({ kind }) => kind)
      .sort()

  it('the delivery settles all but a proof that is missing, and damage that was handed over', async () => {
    const all = open('delay', 'damage', 'failed_attempt', 'pod_missing')
    assert.deepEqual(await settled(event('delivery.completed', 1), all), ['damage', 'delay', 'failed_attempt'])
    const damaged = event('delivery.completed', 1, { variant: 'damaged' })
    assert.deepEqual(await settled(damaged, all), ['delay', 'failed_attempt'])
  })

  it('what does not settle it leaves it, and no event settles the case that it has opened itself', async () => {
    assert.deepEqual(await settled(event('transit.arrived', 1), open('failed_attempt')), [])
    const own = event('delivery.completed', 1, { eventId: 'before' })
    assert.deepEqual(await settled(own, open('delay')), [])
  })
})
