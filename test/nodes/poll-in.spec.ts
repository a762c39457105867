import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Order } from '../../engine/canonical/types.ts'
import { order } from '../support/canonical.ts'
import { eventually } from '../support/eventually.ts'
import { flowBench } from '../support/flow-bench.ts'
import { account, node, partner, probe } from '../support/flow-nodes.ts'
import { json, type ScriptedServer, scriptedServer, type Step } from '../support/scripted-server.ts'
import { temporaryFolder } from '../support/temp.ts'

const COMMON = {
  ...{
    version: '1.0.0',
    status: 'draft',
    capabilities: [],
    baseUrl: 'https://partner.example',
    auth: { type: 'none' },
  },
  limits: { requestsPerSecond: 1000, timeoutMs: 2000, maxResponseBytes: 100_000 },
  breaker: { openAfter: 1000, openMs: 1000 },
}
const PLANNER = {
  ...{ ...COMMON, id: 'test-planner', kind: 'planner', label: 'Test planner' },
  operations: {
    events: {
      ...{ method: 'GET', path: '/events', query: { after: '{input.after}' } },
      paging: { style: 'cursor', next: 'body.left > 0 ? body.tag', parameter: 'after', items: 'body.events' },
    },
  },
  polling: {
    ...{ operation: 'events', everySeconds: 1, input: '{ "after": state.cursor }', items: 'body.events' },
    ...{ cursor: 'body.tag', key: 'body.ref', mapping: 'map/polled.jsonata' },
  },
}
const TRACKER = {
  ...{ ...COMMON, id: 'test-tracker', kind: 'courier', label: 'Test tracker' },
  operations: { track: { method: 'GET', path: '/track/{input.booking.trackingNumber}' } },
  polling: {
    ...{ operation: 'track', everySeconds: 1, mapping: 'map/polled.jsonata', active: { batch: 1, ageOutDays: 30 } },
  },
}
const MAPPING = `body.{ "type": $code(state).type, "rawCode": state,
  "shipmentRef": { "type": "order", "value": ref }, "occurredAt": at }`

describe('poll in', () => {
  let server: ScriptedServer
  const templates = temporaryFolder()
  const bench = flowBench(async () => {
    server = await scriptedServer()
    for (const [place, manifest] of [
      ['planners', PLANNER],
      ['couriers', TRACKER],
    ] as const) {
      const folder = join(templates.path, place, manifest.id)
      mkdirSync(join(folder, 'map'), { recursive: true })
      writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest))
      writeFileSync(join(folder, 'codes.json'), JSON.stringify({ done: { type: 'delivery.completed' } }))
      writeFileSync(join(folder, 'map', 'polled.jsonata'), MAPPING)
    }
    return {
      CARTAGE_TEMPLATES: templates.path,
      CARTAGE_TEST_PLANNER_URL: server.url,
      CARTAGE_TEST_TRACKER_URL: server.url,
    }
  })
  after(async () => {
    await server.close()
    templates.remove()
  })
  const polled = (slug: string, to: string[][], fields: object = {}) =>
    node('in', 'poll-in', to, { partner: account(slug), ...fields })
  const mapper = (slug: string) =>
    node('map', 'canonical-mapper', [['seen'], []], {
      ...{ partner: account(slug), direction: 'in', entity: 'delivery-event' },
      ...{ mapping: 'polled.jsonata', mappingType: 'template' },
    })
  const feed = (events: object[], tag: string): Step => json(200, { events, tag, left: 0 })

  it('asks again and again, gives each item to the flow once, and tells how it goes', async () => {
    const done = { ref: 'SO-1', state: 'done', at: '2026-03-02T14:00:00Z' }
    server.script(feed([done], 't1'), feed([done], 't1'), feed([{ ...done, ref: 'SO-2' }], 't2'))
    await bench.deploy(
      partner('test-planner'),
      polled('test-planner', [['map'], []]),
      mapper('test-planner'),
      probe('seen'),
    )
    const second = await bench.arrived('seen', 2)
    assert.deepEqual([second.topic, second.payload.data.shipmentRef.value], ['delivery.completed', 'SO-2'])
    assert.deepEqual(
      [second.partner, second.cartage.channel, second.cartage.key],
      ['test-planner', 'polls.test-planner', 'SO-2'],
    )
    assert.equal(bench.at('seen').length, 2)
    assert.ok(server.seen.some(({ path }) => path === '/events?after=t1'))
    await eventually(() => /asked at|asking/.test(bench.status('in')?.text ?? ''))
    const { body } = await bench.runtime.metrics.render()
    assert.match(body, /cartage_poll_behind_seconds\{partner="test-planner"\} 0/)
    assert.match(body, /cartage_poll_last_success_timestamp_seconds\{partner="test-planner"\} \d/)
    assert.match(body, /cartage_messages_accepted_total\{channel="polls.test-planner",intake="poll"\} [1-9]/)
  })

  it('says in red how often it failed, and is well again when the partner is', async () => {
    server.script(json(500, {}))
    await bench.deploy(partner('test-planner'), polled('test-planner', [[], []]))
    await eventually(() => bench.status('in')?.fill === 'red' && bench.status('in')?.text?.includes('partner.failing'))
    server.script(feed([], 't9'))
    await eventually(() => bench.status('in')?.fill !== 'red', 8000)
  })

  it('asks nobody while an operator has paused the partner, and goes on afterwards', async () => {
    const { control } = bench.runtime
    await control.set('test-planner', 'paused', { by: 'anna', reason: 'a test' })
    server.seen.length = 0
    server.script(feed([], 't9'))
    await bench.deploy(partner('test-planner'), polled('test-planner', [[], []]))
    await eventually(() => /paused/.test(bench.status('in')?.text ?? ''))
    assert.equal(server.seen.length, 0)
    await control.set('test-planner', 'running', { by: 'anna', reason: 'over' })
    await eventually(() => server.seen.length > 0)
  })

  it('asks about a shipment from when its booking is recorded until it has come to its end', async () => {
    server.seen.length = 0
    const at = '2026-03-02T14:00:00Z'
    server.script(json(200, { ref: 'SO-7', state: 'done', at }))
    await bench.deploy(
      partner('test-tracker'),
      polled('test-tracker', [['map'], []]),
      mapper('test-tracker'),
      node('seen', 'shipment-lifecycle', [['moved'], [], []], {
        action: 'apply',
        reference: '',
        referenceType: 'auto',
      }),
      probe('moved'),
    )
    const { lifecycle } = bench.runtime
    const { shipment } = await lifecycle.create(order('SO-7') as Order, { correlationId: 'cor-7' })
    const booking = { partner: 'test-tracker', bookingId: 'B-7', trackingNumber: 'T-7' }
    await lifecycle.recordBooking(shipment.shipmentId, { ...booking, bookedAt: new Date().toISOString() })
    await bench.arrived('moved')
    assert.ok(server.seen.length >= 1 && server.seen.every(({ path }) => path === '/track/T-7'))
    await eventually(async () => {
      const due = await bench.runtime.hub.store.timers.nextDue('poll.test-tracker')
      return due === undefined
    }, 8000)
  })

  it('gives up a shipment that is too old: that is an event of it, told once', async () => {
    await bench.deploy(
      partner('test-tracker'),
      polled('test-tracker', [[], ['apply']]),
      node('apply', 'shipment-lifecycle', [['told'], ['told'], []], {
        action: 'apply',
        reference: '',
        referenceType: 'auto',
      }),
      probe('told'),
    )
    const { lifecycle } = bench.runtime
    const { shipment } = await lifecycle.create(order('SO-8') as Order, { correlationId: 'cor-8' })
    const bookedAt = new Date(Date.now() - 31 * 86_400_000).toISOString()
    await lifecycle.recordBooking(shipment.shipmentId, {
      partner: 'test-tracker',
      bookingId: 'B-8',
      trackingNumber: 'T-8',
      bookedAt,
    })
    const told = await bench.arrived('told')
    assert.deepEqual([told.payload.type, told.payload.data.shipmentId], ['tracking.expired', shipment.shipmentId])
    assert.equal(await bench.runtime.hub.store.timers.nextDue('poll.test-tracker'), undefined)
  })

  it('has one node for each partner, and none for a partner that is not polled', async () => {
    const second = node('second', 'poll-in', [[], []], { partner: account('test-planner') })
    await bench.deploy(partner('test-planner'), polled('test-planner', [[], []]), second)
    assert.equal(bench.status('second')?.fill, 'red')
    assert.match(bench.hub.errors.at(-1) ?? '', /already asks Test planner/)
  })
})
