import assert from 'node:assert/strict'
import fc from 'fast-check'
import { readTable, type ReadTable } from '../../engine/routing/read-table.ts'
import { decide } from '../../engine/routing/decide.ts'
import type { RowCandidate, Strategy } from '../../engine/routing/table.ts'
import { courier, depsOf, NOW, row, shipment } from '../support/routing.ts'

const NAMES = ['a', 'b', 'c', 'd', 'e']

/** A courier, whether it fits, what it costs, how it is. */
const one = fc.record({
  fits: fc.boolean(),
  cents: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
  currency: fc.constantFrom('EUR', 'USD'),
  unwell: fc.boolean(),
  score: fc.integer({ min: 0, max: 3 }),
  late: fc.boolean(),
})
const world = fc.record({
  couriers: fc.array(one, { minLength: 1, maxLength: NAMES.length }),
  strategy: fc.constantFrom<Strategy>('preference', 'cheapest', 'scorecard'),
  place: fc.integer({ min: 0, max: NAMES.length }),
})
type World = typeof world extends fc.Arbitrary<infer T> ? T : never

/** Read once: what varies is what the rules are asked about. */
const tables = new Map<string, ReadTable>()
function tableOf(names: string[], strategy: Strategy): ReadTable {
  const key = `${strategy} ${names.join()}`
  const read =
    tables.get(key) ??
    readTable({
      rows: [
        row(
          names.map((partner): RowCandidate => ({ partner })),
          { strategy },
        ),
      ],
    })
  tables.set(key, read)
  return read
}

async function ranking({ couriers, strategy }: World, names: string[]): Promise<string[]> {
  const of = (name: string) => couriers[NAMES.indexOf(name)]!
  const profiles = names
    .filter((name) => NAMES.includes(name))
    .map((name) => {
      const { fits, cents, currency, late } = of(name)
      const tariff = { currency, base: `0.0${cents}`, transitDays: { same_day: late ? 5 : 0 } }
      return courier(name, cents === undefined ? undefined : tariff, fits ? {} : { serviceLevels: ['economy'] })
    })
  const deps = depsOf([...profiles, courier('x', { currency: 'JPY', base: '0' }, { serviceLevels: ['economy'] })], {
    standing: async (name) => (NAMES.includes(name) && of(name).unwell ? { unwell: 'away' } : {}),
    score: async (name) => ({ score: NAMES.includes(name) ? of(name).score : 1000, ended: 1 }),
  })
  const { ranked } = await decide(tableOf(names, strategy), { shipment: shipment(), now: NOW }, deps)
  return ranked.map(({ partner }) => partner)
}

const check = (property: (world: World) => Promise<void>) =>
  fc.assert(fc.asyncProperty(world, property), { seed: 5, numRuns: 150 })
const namesOf = ({ couriers }: World) => NAMES.slice(0, couriers.length)

describe('any choice of a courier', function () {
  this.timeout(20_000)

  it('is the same for the same question', () =>
    check(async (given) =>
      assert.deepEqual(await ranking(given, namesOf(given)), await ranking(given, namesOf(given))),
    ))

  it('does not change when somebody is added who cannot carry it', () =>
    check(async (given) => {
      const names = namesOf(given)
      const more = names.toSpliced(Math.min(given.place, names.length), 0, 'x')
      assert.deepEqual(await ranking(given, more), await ranking(given, names))
    }))

  it('is of those who can carry it, each once, and of nobody else', () =>
    check(async (given) => {
      const fit = namesOf(given).filter((_name, index) => given.couriers[index]?.fits)
      assert.deepEqual((await ranking(given, namesOf(given))).toSorted(), fit)
    }))

  it('takes who does not answer, or comes late, behind everybody else', () =>
    check(async (given) => {
      const trouble = (name: string) => {
        const { unwell, late, cents } = given.couriers[NAMES.indexOf(name)]!
        return 2 * Number(unwell) + Number(late && cents !== undefined)
      }
      const troubles = (await ranking(given, namesOf(given))).map(trouble)
      assert.deepEqual(troubles, troubles.toSorted())
    }))
})
