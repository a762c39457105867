import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { isSealedText, keyring, open, openText, seal, sealKey, sealText } from '../../engine/security/seal.ts'

const newKey = () => randomBytes(32).toString('base64')
const code = (expected: string) => (error: { code?: string }) => error.code === expected

describe('seal', () => {
  const old = newKey()
  const keys = keyring(`${newKey()}, ${old}`)
  const aad = 'shipment/shp_1/consignee.phone'

  it('opens what it sealed, empty and large, and never gives the same bytes twice', () => {
    for (const size of [0, 1, 100_000]) {
      const plain = randomBytes(size)
      const sealed = seal(keys.current, plain, aad)
      assert.ok(Buffer.from(open(keys, sealed, aad)).equals(plain))
      assert.ok(!Buffer.from(sealed).equals(seal(keys.current, plain, aad)))
    }
  })

  it('refuses when any single byte is changed, when it is cut, and in any other place', () => {
    const sealed = seal(keys.current, Buffer.from('+33 1 23 45 67 89'), aad)
    for (let at = 0; at < sealed.length; at += 1) {
      const copy = Uint8Array.from(sealed)
      copy[at]! ^= 1
      assert.throws(() => open(keys, copy, aad), /seal/, `byte ${at}`)
      assert.throws(() => open(keys, sealed.subarray(0, at), aad), /seal/, `cut at ${at}`)
    }
    assert.throws(() => open(keys, sealed, 'shipment/shp_2/consignee.phone'), code('seal.broken'))
  })

  it('still opens data of the old key after a rotation, and names a key it does not have', () => {
    const sealed = seal(sealKey(old), Buffer.from('x'), aad)
    assert.equal(Buffer.from(open(keys, sealed, aad)).toString(), 'x')
    assert.throws(() => open(keyring(newKey()), sealed, aad), code('seal.key'))
    assert.notEqual(keys.current.id, sealKey(old).id)
  })

  it('seals text for documents', () => {
    const sealed = sealText(keys.current, 'Zoë 🚚', aad)
    assert.ok(isSealedText(sealed) && !sealed.includes('Zo'))
    assert.equal(openText(keys, sealed, aad), 'Zoë 🚚')
    assert.throws(() => openText(keys, 'plain', aad), code('seal.broken'))
  })

  it('takes only keys of 32 bytes', () => {
    for (const bad of ['', 'short', randomBytes(31).toString('base64'), 'x'.repeat(32)]) {
      assert.throws(() => keyring(bad), code('config.encryption-key'), bad)
    }
  })
})
