import assert from 'node:assert/strict'
import type { MasterBatch } from '../../engine/canonical/index.ts'
import { CartageError } from '../../engine/errors.ts'
import { rejectsOf } from '../../engine/master-data/check.ts'
import { MasterData } from '../../engine/master-data/master-data.ts'
import type { DocumentStore } from '../../engine/store/ports.ts'
import { storeBench } from '../support/store-bench.ts'

const items = (from: number, count: number, weightKg: number): MasterBatch => ({
  items: Array.from({ length: count }, (_, index) => ({ sku: `SKU-${from + index}`, weightKg })),
})

describe('master data', () => {
  const bench = storeBench()
  const masterData = (documents: DocumentStore = bench.store.documents) =>
    new MasterData({ documents, clock: bench.clock })

  it('keep the records of a batch, replace those that are known, and leave the others', async () => {
    await masterData().apply('one', items(1, 3, 1))
    await masterData().apply('two', items(3, 2, 2))
    const weights = (await masterData().list('items', { limit: 10 })).items.map(({ sku, weightKg }) => [sku, weightKg])
    assert.deepEqual(weights, [
      ['SKU-1', 1],
      ['SKU-2', 1],
      ['SKU-3', 2],
      ['SKU-4', 2],
    ])
    assert.equal((await masterData().batch('two'))?.state, 'applied')
  })

  it('show nothing of a batch that was killed in the middle, and all of it once it has gone on', async () => {
    await masterData().apply('before', items(1, 150, 1))
    for (const dies of [1, 60, 149, 151]) {
      const dying = masterData(dyingAfter(bench.store.documents, dies))
      await assert.rejects(dying.apply(`batch-${dies}`, items(1, 150, dies + 1)), /killed/)
      const seen = new Set((await masterData().list('items', { limit: 200 })).items.map(({ weightKg }) => weightKg))
      assert.equal(seen.size, 1, `after ${dies} writes both the old and the new are seen`)
      await masterData().apply(`batch-${dies}`, items(1, 150, dies + 1))
      const now = (await masterData().list('items', { limit: 200 })).items
      assert.ok(now.every(({ weightKg }) => weightKg === dies + 1))
    }
  })

  it('forget what an abandoned batch had laid beside, when the next one comes', async () => {
    await masterData().apply('good', items(1, 2, 1))
    await assert.rejects(masterData(dyingAfter(bench.store.documents, 2)).apply('abandoned', items(1, 2, 9)), /killed/)
    await masterData().apply('next', items(2, 1, 3))
    const weights = (await masterData().list('items', { limit: 10 })).items.map(({ weightKg }) => weightKg)
    assert.deepEqual(weights, [1, 3])
  })

  it('are the same when a batch is given again', async () => {
    const first = await masterData().apply('one', items(1, 2, 1))
    bench.clock.advance(1000)
    assert.deepEqual(await masterData().apply('one', items(1, 2, 1)), first)
  })

  it('take nothing of a batch with a record that is wrong, and name each field', async () => {
    const wrong = { items: [{ sku: 'SKU-1' }, { sku: 'SKU-2', weightKg: -1 }, { sku: 'SKU-1' }] }
    const error = await masterData()
      .apply('bad', wrong)
      .catch((caught: unknown) => caught)
    assert.ok(error instanceof CartageError)
    assert.deepEqual([error.category, error.code], ['invalid', 'master-data.rejected'])
    assert.deepEqual(
      error.issues.map(({ field }) => field),
      ['items.1.weightKg', 'items.2'],
    )
    assert.equal(await masterData().item('SKU-1'), undefined)
  })

  it('know a code of a system before one of the company', async () => {
    const code = (system: string, reason: 'recipient.refused' | 'carrier.damage') => ({ system, code: '7', reason })
    await masterData().apply('codes', {
      reasonCodes: [code('hub', 'recipient.refused'), code('a-shop', 'carrier.damage')],
    })
    const reasons = await Promise.all(['a-shop', 'another'].map((system) => masterData().reasonCode(system, '7')))
    assert.deepEqual(
      reasons.map((one) => one?.reason),
      ['carrier.damage', 'recipient.refused'],
    )
    assert.equal(await masterData().reasonCode('a-shop', '8'), undefined)
  })

  it('erase a record for good', async () => {
    await masterData().apply('one', { customers: [{ customerId: 'C-1', name: 'Jordan Sample' }] })
    assert.equal(await masterData().erase('customers', 'C-1'), true)
    assert.equal(await masterData().customer('C-1'), undefined)
    assert.equal(await masterData().erase('customers', 'C-1'), false)
  })
})

describe('rejects of master data', () => {
  const rotten: [string, unknown, string, string][] = [
    ['no object', 'C-1', '', 'type'],
    ['a list', [], '', 'type'],
    ['nothing', null, '', 'type'],
    ['no id', {}, 'customerId', 'required'],
    ['an id of spaces', { customerId: '  ' }, 'customerId', 'pattern'],
    ['an id of two lines', { customerId: 'C\r\n1' }, 'customerId', 'pattern'],
    ['a field nobody knows', { customerId: 'C-1', vip: true }, 'vip', 'unknown-field'],
    ['a zone that is none', { customerId: 'C-1', timeZone: 'Mars/Olympus' }, 'timeZone', 'enum'],
    [
      'an hour that is none',
      { customerId: 'C-1', notices: { channels: ['sms'], quietFrom: '25:00' } },
      'notices.quietFrom',
      'pattern',
    ],
    ['a way that is none', { customerId: 'C-1', notices: { channels: ['fax'] } }, 'notices.channels.0', 'enum'],
    ['keys of a prototype', JSON.parse('{"customerId":"C-1","__proto__":{"a":1}}'), '__proto__', ''],
  ]
  for (const [what, record, field, code] of rotten)
    it(`name row, field and code of ${what}`, () => {
      const [reject] = rejectsOf('customers', [{ customerId: 'C-0' }, record as never])
      assert.equal(reject?.row, 2)
      assert.match(reject?.field ?? '', new RegExp(`${field.replace('__proto__', '')}`))
      if (code !== '') assert.deepEqual([reject?.field, reject?.code], [field, code])
    })

  it('never repeat what was sent', () => {
    const secret = 'jordan-sample-was-here'
    assert.doesNotMatch(
      JSON.stringify(rejectsOf('customers', [{ customerId: secret, email: secret, [secret]: 1 }])),
      /"message":"[^"]*jordan/,
    )
  })
})

/** Fails for good after so many writes, as a killed process does. */
function dyingAfter(documents: DocumentStore, writes: number): DocumentStore {
  let left = writes
  return {
    get: (kind, id) => documents.get(kind, id),
    put: async (kind, id, body, options) => {
      left -= 1
      if (left < 0) throw new Error('killed')
      return documents.put(kind, id, body, options)
    },
  } as DocumentStore
}
