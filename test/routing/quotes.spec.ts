import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Json } from '../../engine/json.ts'
import type { Answer } from '../../engine/partner/answer.ts'
import { PartnerFailure } from '../../engine/partner/failure.ts'
import { Quotes } from '../../engine/routing/quotes.ts'
import { SettableClock } from '../support/clock.ts'
import { courier, decideBy, row, shipment } from '../support/routing.ts'
import { sample, templateFolders, templateIn } from '../support/templates.ts'

const priced = (amount: unknown, currency: unknown = 'EUR'): Answer => ({
  outcome: 'answered',
  status: 200,
  body: { price: { amount, currency } } as never,
})
const QUOTING = { operations: { quote: { method: 'POST', path: '/quotes' } } } as never

describe('prices that couriers say', () => {
  const clock = new SettableClock()
  let asked: string[]
  const quotes = (answer: (partner: string) => Promise<Answer>, deadlineMs = 1_000) => {
    asked = []
    return new Quotes(
      (partner) => {
        asked.push(partner)
        return answer(partner)
      },
      clock,
      deadlineMs,
    )
  }

  it('are asked for once in two minutes, for each courier and shipment', async () => {
    const some = quotes(async () => priced('5.00'))
    assert.deepEqual(await some.of('a', shipment()), { price: { amount: '5.00', currency: 'EUR' } })
    await some.of('a', shipment())
    assert.equal(asked.length, 1)
    await some.of('a', shipment({ serviceLevel: 'express' }))
    await some.of('b', shipment())
    assert.equal(asked.length, 3)
    clock.advance(120_001)
    await some.of('a', shipment())
    assert.equal(asked.length, 4)
  })

  for (const [what, answer, why] of [
    ['a refusal', async () => ({ outcome: 'refused', status: 422, messages: [] }) as Answer, /would not give a price/],
    ['no price', async () => priced(undefined), /no price that can be read/],
    ['a price that is a number', async () => priced(5), /no price that can be read/],
    ['a price below nothing', async () => priced('-5'), /no price that can be read/],
    ['a price in no currency', async () => priced('5', 'euro'), /no price that can be read/],
    [
      'words for an answer',
      async () => ({ outcome: 'answered', status: 200, body: 'five' }) as Answer,
      /no price that can be read/,
    ],
    [
      'a failure',
      async () =>
        Promise.reject(new PartnerFailure('none', 'outage', 'partner.down', 'Jordan lives at 231 Example St')),
      /^gave no price \(partner\.down\)$/,
    ],
    ['silence', () => new Promise<Answer>(() => {}), /no price within 0\.02 s/],
  ] as const)
    it(`are not there after ${what}, which is said and not kept`, async () => {
      const some = quotes(answer as () => Promise<Answer>, 20)
      const quoted = await some.of('a', shipment())
      assert.match('failed' in quoted ? quoted.failed : '', why)
      await some.of('a', shipment())
      assert.equal(asked.length, 2)
    })

  it('decide who is cheapest; where one says none, its table or tariff does, and that is said', async () => {
    const some = quotes(async (partner) => (partner === 'a' ? priced('4.00') : Promise.reject(new Error('no'))))
    const tariff = { currency: 'EUR', base: '5.00' }
    const profiles = ['b', 'a', 'c'].map((id) => courier(id, tariff, QUOTING))
    const candidates = [{ partner: 'b', quote: true }, { partner: 'a', quote: true }, { partner: 'c' }]
    const table = { rows: [row(candidates, { strategy: 'cheapest' })] }
    const decision = await decideBy(table, profiles, {}, { quote: (partner, given) => some.of(partner, given) })
    assert.deepEqual(
      decision.ranked.map(({ partner }) => partner),
      ['a', 'b', 'c'],
    )
    assert.deepEqual(
      decision.candidates.map(({ pricedBy }) => pricedBy),
      ['tariff', 'quote', 'tariff'],
    )
    assert.match(decision.candidates[0]?.reasons.join() ?? '', /gave no price/)
    assert.deepEqual(asked.toSorted(), ['a', 'b'])
  })

  for (const folder of templateFolders().filter((one) => existsSync(join(one, 'samples', 'quote.answer.json'))))
    it(`can be read as the template ${basename(folder)} maps them`, async () => {
      const template = templateIn(folder)
      const body = sample(template, 'quote.answer.json') as Json
      const quoted = await quotes(async () => ({ outcome: 'answered', status: 200, body })).of(template.id, shipment())
      assert.ok('price' in quoted, JSON.stringify(quoted))
    })

  it('are asked of nobody that cannot carry it, nor where the price does not decide', async () => {
    const some = quotes(async () => priced('4.00'))
    const quote = { quote: some.of.bind(some) }
    const out = courier('a', undefined, { ...(QUOTING as object), serviceLevels: ['economy'] })
    await decideBy({ rows: [row([{ partner: 'a', quote: true }], { strategy: 'cheapest' })] }, [out], {}, quote)
    await decideBy({ rows: [row([{ partner: 'b', quote: true }])] }, [courier('b', undefined, QUOTING)], {}, quote)
    assert.deepEqual(asked, [])
  })
})
