import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { DeliveryEvent, ProofOfDelivery } from '../../engine/canonical/types.ts'
import { sniff } from '../../engine/delivery/pod-checks.ts'
import { PodVault } from '../../engine/delivery/pod-vault.ts'
import { CartageError } from '../../engine/errors.ts'
import { keyring } from '../../engine/security/seal.ts'
import { event } from '../support/canonical.ts'
import { storeBench } from '../support/store-bench.ts'

const JPEG = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.from('the photo of a door'.repeat(20))])
const RULES = { maxBytes: 10_000, types: ['image/jpeg', 'application/pdf'] }

describe('PodVault', () => {
  const bench = storeBench()
  let vault: PodVault
  let fetched: string[]
  let content: Uint8Array
  beforeEach(() => {
    fetched = []
    content = JPEG
    vault = open(keyring(randomBytes(32).toString('base64')))
  })
  const open = (keys: ReturnType<typeof keyring>) =>
    new PodVault({
      documents: bench.store.documents,
      blobs: bench.store.blobs,
      keys,
      clock: bench.clock,
      fetch: async (url) => {
        fetched.push(url)
        return content
      },
    })
  const delivered = (change: Partial<DeliveryEvent> = {}) =>
    event('delivery.completed', 30, {
      evidence: [
        { kind: 'photo', url: 'https://courier.example/1.jpg' },
        { kind: 'signature', signedBy: 'J. Sample' },
      ],
      ...change,
    })
  const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

  it('keeps what the event brought, hashed and described', async () => {
    const proof = await vault.keep('shp_1', delivered(), RULES)
    assert.deepEqual(proof.evidence[0], {
      kind: 'photo',
      hash: hashOf(JPEG),
      size: JPEG.length,
      mediaType: 'image/jpeg',
      sourceUrl: 'https://courier.example/1.jpg',
    })
    assert.deepEqual([proof.shipmentId, proof.signedBy, proof.variant], ['shp_1', 'J. Sample', 'recipient'])
    assert.deepEqual(Buffer.from((await vault.read(proof.podId, hashOf(JPEG)))!), JPEG)
    assert.equal(Buffer.from((await vault.read(proof.podId, proof.evidence[1]!.hash))!).toString(), 'J. Sample')
    assert.equal((await bench.store.documents.find('proof_of_delivery', 'shp_1', 'shipment')).length, 1)
  })

  it('leaves nothing readable on the disk', async () => {
    await vault.keep('shp_1', delivered(), RULES)
    const files = everyFile(bench.folder)
    assert.ok(files.length > 1)
    for (const file of files) {
      const bytes = readFileSync(file)
      assert.equal(bytes.includes('the photo of a door'), false, file)
      assert.equal(bytes.includes(JPEG.subarray(0, 64)), false, file)
    }
  })

  it('opens only with the key, and only where it was put', async () => {
    const one = await vault.keep('shp_1', delivered(), RULES)
    const other = await vault.keep('shp_2', delivered(), RULES)
    const id = (proof: ProofOfDelivery) => `${proof.podId}/${hashOf(JPEG)}`
    const moved = await bench.store.documents.get('evidence', id(one))
    await bench.store.documents.put('evidence', id(other), moved!.body, { expect: 1 })
    await assert.rejects(vault.read(other.podId, hashOf(JPEG)))
    await assert.rejects(open(keyring(randomBytes(32).toString('base64'))).read(one.podId, hashOf(JPEG)))
    assert.equal(await vault.read(one.podId, 'another'), undefined)
  })

  it('keeps nothing twice when it is asked again, and fetches nothing', async () => {
    const first = await vault.keep('shp_1', delivered(), RULES)
    const files = everyFile(bench.folder).length
    bench.clock.advance(1000)
    assert.deepEqual(await vault.keep('shp_1', delivered(), RULES), first)
    assert.equal(fetched.length, 1)
    assert.equal(everyFile(bench.folder).length, files)
  })

  for (const [what, bytes, code] of [
    ['a web page that is called a photo', Buffer.from('<html>please log in</html>'), 'pod.type'],
    ['a picture of a type that is not kept', Buffer.from('GIF89a...'), 'pod.type'],
    ['an empty file', Buffer.alloc(0), 'pod.empty'],
  ] as const)
    it(`refuses ${what}, and keeps no proof`, async () => {
      content = bytes
      await assert.rejects(vault.keep('shp_1', delivered(), RULES), { category: 'invalid', code })
      assert.equal((await bench.store.documents.page('proof_of_delivery', { limit: 1 })).items.length, 0)
    })

  it('goes on where it failed, when the partner is back', async () => {
    const broken = new PodVault({
      documents: bench.store.documents,
      blobs: bench.store.blobs,
      keys: keyring(randomBytes(32).toString('base64')),
      clock: bench.clock,
      fetch: async (url) => {
        if (url.endsWith('2.jpg')) throw new CartageError('transient', 'document.status', 'answered 503')
        return JPEG
      },
    })
    const two = delivered({
      evidence: ['1.jpg', '2.jpg'].map((name) => ({ kind: 'photo', url: `https://courier.example/${name}` })),
    })
    await assert.rejects(broken.keep('shp_1', two, RULES), { category: 'transient' })
    assert.equal((await vault.keep('shp_1', two, RULES)).evidence.length, 2)
  })

  for (const [start, type] of [
    ['89504e470d0a1a0a', 'image/png'],
    ['255044462d312e37', 'application/pdf'],
    ['474946383961', 'image/gif'],
    ['ffd8', undefined],
    ['', undefined],
    ['504b0304', undefined],
  ] as const)
    it(`bytes that begin with ${start || 'nothing'} are ${type ?? 'no proof'}`, () =>
      assert.equal(sniff(Buffer.from(start, 'hex')), type))
})

function everyFile(folder: string): string[] {
  return readdirSync(folder, { recursive: true })
    .map((name) => join(folder, String(name)))
    .filter((path) => statSync(path).isFile())
}
