import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { Evidence, Order, Shipment } from '../../engine/canonical/types.ts'
import { PodVault } from '../../engine/delivery/pod-vault.ts'
import { referencesOf } from '../../engine/lifecycle/references.ts'
import { newShipment } from '../../engine/lifecycle/shipment.ts'
import { keyring } from '../../engine/security/seal.ts'
import { event, order } from '../support/canonical.ts'
import { storeBench } from '../support/store-bench.ts'

const JPEG = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.from('the photo of a door'.repeat(20))])
const RULES = { maxBytes: 10_000, minBytes: 100, types: ['image/jpeg'], required: true }
const PHOTO: Evidence = { kind: 'photo', url: 'https://courier.example/1.jpg' }

describe('a proof belongs to its shipment', () => {
  const bench = storeBench()
  let vault: PodVault
  let content: Uint8Array
  beforeEach(() => {
    content = JPEG
    const { documents, blobs } = bench.store
    const keys = keyring(randomBytes(32).toString('base64'))
    vault = new PodVault({ documents, blobs, keys, clock: bench.clock, fetch: async () => content })
  })

  async function shipped(orderId: string, change: Partial<Order> = {}): Promise<Shipment> {
    const shipment = newShipment(order(orderId, change), { now: bench.clock.now(), correlationId: 'c' })
    const references = referencesOf(shipment)
    await bench.store.documents.put('shipment', shipment.shipmentId, shipment, { expect: 0, references })
    return shipment
  }
  const keep = ({ shipmentId }: Shipment, ...evidence: Evidence[]) =>
    vault.keep(shipmentId, event('delivery.completed', 30, { eventId: `evt-${shipmentId}`, evidence }), RULES)
  const elsewhere = (): Partial<Order> => {
    const { consignee } = order()
    return { consignee: { ...consignee, address: { ...consignee.address, lines: ['9 Other Street'] } } }
  }
  const refused = (kept: Promise<unknown>, code: string) => assert.rejects(kept, { category: 'invalid', code })

  it('takes the PIN that the recipient was given, however it is typed', async () => {
    const proof = await keep(await shipped('SO-1', { deliveryPin: '48a2' }), { kind: 'pin', value: ' 48A2 ' })
    assert.deepEqual(
      proof.evidence.map(({ kind }) => kind),
      ['pin'],
    )
  })

  it('refuses another PIN, and does not repeat it', async () => {
    const wrong = keep(await shipped('SO-1', { deliveryPin: '4812' }), { kind: 'pin', value: '9999' }, PHOTO)
    await assert.rejects(wrong, (error: { code: string; message: string }) => {
      assert.equal(error.code, 'pod.pin')
      assert.doesNotMatch(error.message, /9999|4812/)
      return true
    })
  })

  it('takes any PIN where the recipient was given none: the courier has checked it', async () => {
    assert.equal((await keep(await shipped('SO-1'), { kind: 'pin', value: '9999' })).evidence.length, 1)
  })

  it('refuses the barcode of another shipment, and keeps one that nobody knows', async () => {
    const [one, other] = [await shipped('SO-1'), await shipped('SO-2')]
    await refused(keep(one, { kind: 'barcode', value: other.orderId }), 'pod.other-shipment')
    assert.equal((await keep(one, { kind: 'barcode', value: 'CODE-39' })).evidence.length, 1)
  })

  it('refuses the picture of a delivery to another address; two parcels at one door may share one', async () => {
    const [one, neighbour, other] = [await shipped('SO-1'), await shipped('SO-2'), await shipped('SO-3', elsewhere())]
    await keep(one, PHOTO)
    assert.equal((await keep(neighbour, PHOTO)).evidence.length, 1)
    await refused(keep(other, PHOTO), 'pod.reused')
  })

  it('refuses a picture too small to show anything, and a delivery without any proof', async () => {
    const shipment = await shipped('SO-1')
    content = JPEG.subarray(0, 40)
    await refused(keep(shipment, PHOTO), 'pod.small')
    await refused(keep(shipment), 'pod.none')
    assert.equal((await bench.store.documents.page('proof_of_delivery', { limit: 1 })).items.length, 0)
  })

  it('keeps an ID that was looked at', async () => {
    const proof = await keep(await shipped('SO-1'), { kind: 'id', value: 'min_age_verified' })
    assert.deepEqual([proof.evidence[0]?.kind, proof.evidence[0]?.mediaType], ['id', 'text/plain'])
  })
})
