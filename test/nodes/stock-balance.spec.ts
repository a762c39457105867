import assert from 'node:assert/strict'
import { flowBench } from '../support/flow-bench.ts'
import { node, probe, source } from '../support/flow-nodes.ts'

const STOCK = { warehouse: [{ sku: 'A', onHand: 7 }], books: [{ sku: 'A', onHand: 10 }] }

describe('stock balance', () => {
  const bench = flowBench()
  const lists = node('lists', 'change', [['balance']], {
    rules: [{ t: 'set', p: 'stock', pt: 'msg', to: 'payload.stock', tot: 'msg' }],
  })
  const drawing = (postings = '') =>
    bench.deploy(
      source('lists'),
      lists,
      node('balance', 'stock-balance', [['differs'], ['even']], { action: 'draw', warehouse: 'W', postings }),
      ...[probe('differs'), probe('even')],
    )
  const accepting = () =>
    bench.deploy(
      source('balance'),
      node('balance', 'stock-balance', [['correction'], []], { action: 'accept' }),
      probe('correction'),
    )

  it('tells of what differs, and of what is in step, each by its output', async () => {
    await drawing()
    await bench.publish({ stock: STOCK })
    const { balance, payload } = await bench.arrived('differs')
    assert.deepEqual([balance.state, balance.differences[0].quantity, payload.differences], ['proposed', -3, 1])
    await bench.publish({ stock: { ...STOCK, books: STOCK.warehouse } })
    assert.equal((await bench.arrived('even')).balance.state, 'in step')
  })

  it('proposes nothing while a posting to the books is under way', async () => {
    await drawing('work')
    await bench.publish({ stock: STOCK })
    assert.equal((await bench.arrived('differs')).balance.state, 'unsure')
  })

  it('gives each accepted correction as a stock adjustment', async () => {
    await drawing()
    await bench.publish({ balanceId: 'bal_9', stock: STOCK })
    await bench.arrived('differs')
    await accepting()
    await bench.publish({ balanceId: 'bal_9', skus: ['A'], acceptedBy: 'olga' })
    assert.deepEqual((await bench.arrived('correction')).payload.quantity, -3)
  })

  for (const [what, stock] of [
    ['no lists', undefined],
    ['lists that are texts', { warehouse: 'A', books: 'B' }],
    ['items without a number', { warehouse: [{ sku: 'A', onHand: '7' }], books: [] }],
    ['items that are nothing', { warehouse: [null], books: [] }],
  ] as const)
    it(`makes a dead letter of ${what}`, async () => {
      await drawing()
      const { failure } = await bench.deadLetterOf(await bench.publish({ stock: stock ?? null }))
      assert.equal(failure.code, 'balance.positions')
    })

  it('makes a dead letter of an acceptance of nothing, and of what nobody proposed', async () => {
    await accepting()
    assert.equal((await bench.deadLetterOf(await bench.publish({}))).failure.code, 'balance.command')
    const strange = await bench.publish({ balanceId: 'bal_0', skus: ['A'], acceptedBy: 'olga' })
    assert.equal((await bench.deadLetterOf(strange)).failure.code, 'balance.unknown')
  })
})
