import assert from 'node:assert/strict'
import { balanceIdOf } from '../../engine/balance/balance-id.ts'
import { differencesOf } from '../../engine/balance/compare.ts'
import { balanceReport } from '../../engine/balance/report.ts'
import { StockBalances } from '../../engine/balance/stock-balances.ts'
import { storeBench } from '../support/store-bench.ts'

const at = (sku: string, onHand: number) => ({ sku, onHand, unit: 'EA' })

describe('what differs between warehouse and books', () => {
  it('is found item by item, in whatever order and how many positions they come', () => {
    const warehouse = [at('B', 5), at('A', 3), at('B', 2)]
    assert.deepEqual(differencesOf(warehouse, [at('A', 3), at('B', 10)]), [
      { sku: 'B', unit: 'EA', warehouse: 7, books: 10, quantity: -3 },
    ])
  })

  it('is all of an item that only one of them knows', () => {
    const found = differencesOf([at('A', 3)], [at('B', 4), at('C', 0)]).map(({ sku, quantity }) => [sku, quantity])
    assert.deepEqual(found, [
      ['A', 3],
      ['B', -4],
    ])
  })

  it('is nothing where only the way of writing a number differs', () => {
    assert.deepEqual(differencesOf([at('A', 0.1 + 0.2)], [at('A', 0.3)]), [])
  })
})

describe('a stock balance', () => {
  const bench = storeBench()
  const balances = () => new StockBalances({ documents: bench.store.documents, clock: bench.clock })
  const draw = (balanceId: string, books = 10, underWay = 0) =>
    balances().draw({
      balanceId,
      warehouse: 'W',
      inWarehouse: [at('A', 7), at('B', 1)],
      inBooks: [at('A', books), at('B', 1)],
      underWay,
    })

  it('proposes what would make the books right, and is the same when it is drawn again', async () => {
    const drawn = await draw('bal_1')
    assert.deepEqual(
      [drawn.state, drawn.items, drawn.differences.map(({ quantity }) => quantity)],
      ['proposed', 2, [-3]],
    )
    assert.deepEqual(await draw('bal_1', 99), drawn)
    assert.equal((await draw('bal_2', 7)).state, 'in step')
  })

  it('is unsure while postings are under way: nothing may be accepted', async () => {
    assert.equal((await draw('bal_1', 10, 1)).state, 'unsure')
    await assert.rejects(balances().accept('bal_1', ['A'], 'olga'), { code: 'balance.nothing-proposed' })
  })

  it('gives the correction that somebody accepts, once and the same, and says who it was', async () => {
    await draw('bal_1')
    const [first] = await balances().accept('bal_1', ['A'], 'olga')
    assert.deepEqual(
      [first?.adjustmentId, first?.quantity, first?.reason, first?.onHand],
      ['bal_1|A', -3, 'counted', 7],
    )
    bench.clock.advance(60_000)
    assert.deepEqual(await balances().accept('bal_1', ['A'], 'somebody else'), [first])
    const [difference] = (await balances().get('bal_1'))?.differences ?? []
    assert.equal(difference?.acceptedBy, 'olga')
  })

  it('is not accepted once a newer one is drawn, nor for an item that does not differ', async () => {
    await draw('bal_1')
    assert.equal((await balances().objection('bal_1', ['B']))?.code, 'balance.no-difference')
    assert.equal((await balances().objection('bal_0', ['A']))?.code, 'balance.unknown')
    await draw('bal_2')
    assert.equal((await balances().objection('bal_1', ['A']))?.code, 'balance.superseded')
    assert.equal(await balances().objection('bal_2', ['A']), undefined)
  })

  it('is a table that people can read', async () => {
    const drawn = await draw('bal_1')
    const [head, line] = balanceReport(drawn).toString('utf8').split(/\r?\n/)
    assert.equal(head, 'item,unit,in the warehouse,in the books,correction,state,accepted by,accepted at')
    assert.equal(line, 'A,EA,7,10,-3,proposed,,')
    const even = await draw('bal_2', 7)
    assert.match(balanceReport(even).toString('utf8'), /^items compared,state\r?\n2,in step/)
    const [difference] = drawn.differences
    const hostile = { ...drawn, differences: [{ ...difference!, sku: '=HYPERLINK("http://evil")' }] }
    assert.match(balanceReport(hostile).toString('utf8'), /^"'=HYPERLINK/m)
  })

  it('has an id in the order of time, the same for the same request', () => {
    const id = balanceIdOf('2026-03-02T14:10:00.000Z', 'm-1')
    assert.equal(id, balanceIdOf('2026-03-02T14:10:00.000Z', 'm-1'))
    assert.ok(id < balanceIdOf('2026-03-02T14:10:01.000Z', 'm-0'))
  })
})
