import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { cloudEvent } from '../../engine/canonical/index.ts'
import type { Shipment } from '../../engine/canonical/types.ts'
import { referencesOf } from '../../engine/lifecycle/references.ts'
import { shipmentIdOf } from '../../engine/lifecycle/shipment.ts'
import { event, order } from '../support/canonical.ts'
import { eventually } from '../support/eventually.ts'
import { flowBench } from '../support/flow-bench.ts'
import { catchAll, node, probe, source } from '../support/flow-nodes.ts'
import { type TestPartners, testPartners } from '../support/test-partner.ts'

const PHOTO = Buffer.concat([
  Buffer.from([0xff, 0xd8, 0xff, 0xe0]),
  Buffer.from('a parcel in front of a door'.repeat(30)),
])

describe('pod vault', () => {
  let partners: TestPartners
  const bench = flowBench(async () => {
    partners = await testPartners()
    return partners.env
  })
  after(() => partners.close())
  let orderId = ''
  let number = 0
  beforeEach(async () => {
    number += 1
    orderId = `SO-${number}`
    await bench.runtime.lifecycle.create(order(orderId), { correlationId: 'c' })
  })

  const vault = (fields: Record<string, unknown> = {}, refused: string[] = ['refused']) =>
    node('vault', 'pod-vault', [['kept'], refused], {
      maxMegabytes: 1,
      types: 'image/jpeg,image/png,application/pdf',
      ...fields,
    })
  const flow = (one = vault()) => [source('vault'), one, probe('kept'), probe('refused')]
  /** A delivery with a photo at the courier's. */
  const delivered = (path = '/photo.jpg', served: Buffer | null = PHOTO, type = 'image/jpeg') => {
    if (served) partners.serve(path, served, type)
    const data = event('delivery.completed', 30, {
      eventId: `evt-${number}`,
      shipmentId: shipmentIdOf(orderId),
      shipmentRef: { type: 'order', value: orderId },
      evidence: [{ kind: 'photo', url: `${partners.url}${path}` }],
    })
    return cloudEvent({ data, correlationId: 'c' })
  }

  it('fetches nothing from a courier that an operator has paused, and comes back later', async () => {
    // a channel of its own: what waits there must not keep other tests waiting
    const [, ...rest] = flow()
    await bench.deploy(source('vault', { channel: 'paused', subscription: 'paused' }), ...rest)
    const said = delivered()
    said.data.provider = 'test-courier'
    const told = { by: 'operator-1', reason: 'a test' }
    await bench.runtime.control.set('test-courier', 'paused', told)
    const asked = partners.seen.length
    await bench.publish(said, { channel: 'paused' })
    const later = Date.now() + 10_000
    await eventually(async () => ((await bench.runtime.hub.store.messages.nextDue('paused')) ?? 0) > later)
    assert.equal(partners.seen.length, asked)
    await bench.runtime.control.set('test-courier', 'running', told)
  })

  it('fetches the photo, keeps it sealed, and names the proof in the shipment', async () => {
    await bench.deploy(...flow())
    await bench.publish(delivered())
    const { pod, shipment } = await bench.arrived('kept')
    assert.deepEqual([pod.evidence[0].mediaType, pod.evidence[0].size], ['image/jpeg', PHOTO.length])
    assert.equal(shipment.proofOfDelivery.podId, pod.podId)
    assert.deepEqual(Buffer.from((await bench.runtime.vault.read(pod.podId, pod.evidence[0].hash))!), PHOTO)
    for (const name of readdirSync(bench.hub.dataDir, { recursive: true })) {
      const file = join(bench.hub.dataDir, String(name))
      if (statSync(file).isFile()) assert.equal(readFileSync(file).includes('a parcel in front'), false, file)
    }
  })

  it('fetches and keeps once, however often the flow behind it fails', async () => {
    await bench.deploy(...flow())
    bench.failAt('kept', 2)
    const before = partners.seen.length
    await bench.publish(delivered())
    await bench.arrived('kept', 3)
    assert.equal(partners.seen.length - before, 1)
    assert.deepEqual(bench.at('kept')[2]?.pod, bench.at('kept')[0]?.pod)
  })

  for (const [what, make, fields] of [
    ['a web page called a photo', () => delivered('/page.jpg', Buffer.from('<html>log in</html>')), {}],
    ['a type that is not allowed', () => delivered(), { types: 'application/pdf' }],
    ['a file that is too large', () => delivered('/huge.jpg', Buffer.concat([PHOTO, Buffer.alloc(1100_000)])), {}],
    ['a file that is not there', () => delivered('/gone.jpg', null), {}],
  ] as [string, () => object, Record<string, unknown>][])
    it(`refuses ${what}`, async () => {
      await bench.deploy(...flow(vault(fields)))
      await bench.publish(make())
      const { failure, payload } = await bench.arrived('refused')
      assert.equal(failure.category, 'invalid')
      assert.equal(payload.data.eventId, `evt-${number}`)
      assert.equal(bench.status('vault')?.fill, 'red')
      assert.equal((await bench.runtime.lifecycle.get(shipmentIdOf(orderId)))?.proofOfDelivery, undefined)
    })

  it('tells of an event that had waited, when it is the one to match it: the booking was interrupted', async () => {
    const { lifecycle, hub } = bench.runtime
    const tracking = { type: 'tracking', value: `T-${number}` }
    await lifecycle.apply(event('pickup.completed', 10, { eventId: `early-${number}`, shipmentRef: tracking }))
    const stored = await hub.store.documents.get<Shipment>('shipment', shipmentIdOf(orderId))
    const booking = { partner: 'x', bookingId: 'b', trackingNumber: tracking.value, bookedAt: '2026-03-02T08:00:00Z' }
    const body = { ...stored!.body, booking }
    await hub.store.documents.put('shipment', stored!.id, body, {
      expect: stored!.version,
      references: referencesOf(body),
    })
    await bench.deploy(
      ...flow(),
      node('told-in', 'event-in', [['told']], { channel: 'shipments.events', subscription: 'told' }),
      probe('told'),
    )
    await bench.publish(delivered())
    assert.equal((await bench.arrived('told')).payload.data.eventId, `early-${number}`)
  })

  it('fails when nobody listens there: a dead letter at once', async () => {
    await bench.deploy(...flow(vault({ types: 'application/pdf' }, [])))
    const letter = await bench.deadLetterOf(await bench.publish(delivered()))
    assert.deepEqual([letter.failure.code, letter.attempts], ['pod.type', 1])
  })

  it('fails to the catch node for what is no event of a shipment', async () => {
    await bench.deploy(...flow(), catchAll('caught'), probe('caught'))
    await bench.publish({ hello: 'world' })
    assert.equal((await bench.arrived('caught')).failure.code, 'pod.no-event')
  })
})
