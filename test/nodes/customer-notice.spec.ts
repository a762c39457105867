import assert from 'node:assert/strict'
import { cloudEvent } from '../../engine/canonical/index.ts'
import { event, order } from '../support/canonical.ts'
import { eventually } from '../support/eventually.ts'
import { flowBench } from '../support/flow-bench.ts'
import { catchAll, fn, node, probe, source } from '../support/flow-nodes.ts'

/** Never quiet, or always: what a test needs must not depend on when it runs. */
const LOUD = { language: 'en', quietFrom: '00:00', quietUntil: '00:00' }

describe('customer notice', () => {
  const bench = flowBench()
  let number = 0
  const flow = (fields: Record<string, unknown> = LOUD) => [
    source('find'),
    node('find', 'shipment-lifecycle', [['with'], [], []], {
      action: 'find',
      reference: 'payload.reference',
      referenceType: 'jsonata',
    }),
    fn('with', 'msg.customer = msg.payload.customer; msg.payload = msg.payload.told; return msg', [['how']]),
    node('how', 'customer-notice', [['email'], ['sms'], ['none']], fields),
    ...['email', 'sms', 'none'].map((id) => probe(id)),
  ]
  const caught = () => [catchAll('caught'), probe('caught')]
  const publish = async (told: unknown, customer?: unknown) => {
    number += 1
    const reference = `SO-N${number}`
    await bench.runtime.lifecycle.create(order(reference), { correlationId: 'c' })
    await bench.publish({ reference, told, customer })
  }
  const delivered = () => cloudEvent({ data: event('delivery.completed', 1), correlationId: 'c' })

  it('goes out by the way that the customer wants', async () => {
    await bench.deploy(...flow())
    await publish(delivered(), { customerId: 'C', email: 'a@example.com', notices: { channels: ['email'] } })
    const { notice } = await bench.arrived('email')
    assert.deepEqual([notice.to, notice.milestone], ['a@example.com', 'delivery.completed'])
    await publish(delivered(), { customerId: 'C', phone: '+15550100102', notices: { channels: ['sms'] } })
    assert.equal((await bench.arrived('sms')).notice.channel, 'sms')
  })

  it('who has withdrawn consent is not told, and that is on record', async () => {
    await bench.deploy(...flow())
    await publish(delivered(), { customerId: 'C', notices: { channels: ['none'] } })
    const { notice } = await bench.arrived('none')
    const entries = await bench.runtime.hub.store.audit.page({ limit: 100 })
    assert.ok(entries.some(({ action, subject }) => action === 'notice.withheld' && subject === notice.noticeId))
  })

  it('waits while the customer wants quiet, and is not lost', async () => {
    await bench.deploy(...flow())
    const now = new Date(bench.runtime.hub.clock.now())
    const hour = (shift: number) => `${String((now.getUTCHours() + shift + 24) % 24).padStart(2, '0')}:00`
    await publish(delivered(), {
      ...{ customerId: 'C', email: 'a@example.com', timeZone: 'UTC' },
      notices: { channels: ['email'], quietFrom: hour(-2), quietUntil: hour(3) },
    })
    await eventually(() => bench.status('how')?.fill === 'yellow' || bench.status('how')?.fill === 'red')
    await eventually(async () => ((await bench.counts())?.waiting ?? 0) === 1)
    assert.deepEqual([bench.at('email').length, bench.at('none').length], [0, 0])
  })

  it('takes what was promised, too', async () => {
    await bench.deploy(...flow())
    const promise = { from: '2026-03-03T14:00:00Z', to: '2026-03-03T17:00:00Z' }
    await publish({ cause: 'rescheduled', promise }, { customerId: 'C', email: 'a@example.com' })
    assert.equal((await bench.arrived('email')).notice.milestone, 'promise.rescheduled')
  })

  for (const [what, told] of [
    ['nothing', {}],
    ['a number', 42],
    ['a list', []],
  ] as const)
    it(`refuses ${what}`, async () => {
      await bench.deploy(...flow(), ...caught())
      await publish(told)
      assert.equal((await bench.arrived('caught')).failure.code, 'notice.milestone')
    })
})
