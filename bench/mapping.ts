import { join } from 'node:path'
import { createEvaluator } from '../engine/mapping/evaluate.ts'
import { type Measured, median, type Results, rounded } from './figures.ts'
import type { Ground } from './ground.ts'
import { courierWork, peerFor, suiteWork, type Work } from './mapping-work.ts'

/** Of the time of one round, what one expression gets: there are dozens of mappings, and a thousand cases. */
const SHARE = { mapping: 1 / 150, case: 1 / 1500 }
/** Of more expressions than that nobody wants to read each. */
const MOST_SAID = 200
/** As often as that before it counts: what is not compiled by then takes long between mappings that are. */
const WARM_UP = 8

interface Pace {
  /** Microseconds for one evaluation. */
  ours: number
  peer: number
}

/** Mappings by the hub's evaluator, bounds and checks and all, beside JSONata by itself. */
export async function mapping(ground: Ground): Promise<Results> {
  const evaluator = createEvaluator()
  const couriers = await courierWork(join(ground.root, 'templates'), evaluator)
  const suite = suiteWork(join(ground.root, 'test/fixtures/jsonata-suite'), evaluator)
  const evaluate = (source: string) => evaluator.compile(source).evaluate
  return {
    mappingVsJsonata: await figure(ground, 'a mapping of a courier', couriers, evaluate),
    mappingSuiteVsJsonata: await figure(ground, 'a case of its test suite', suite, evaluate),
  }
}

type Evaluate = (input: unknown, bindings: Record<string, unknown>) => Promise<unknown>

async function figure(
  ground: Ground,
  what: string,
  works: Work[],
  ours: (source: string) => Evaluate,
): Promise<Measured> {
  const ms = ground.sizes.roundMs * (works.length > 500 ? SHARE.case : SHARE.mapping)
  const paces: Pace[] = []
  for (const work of works) {
    const peer = peerFor(work.source)
    const pace = await paceOf(ground.sizes.rounds, ms, work, ours(work.source), (input, bindings) =>
      peer.evaluate(input, bindings),
    )
    paces.push(pace)
    if (works.length <= MOST_SAID)
      ground.say(`${work.name}: ${(pace.peer / pace.ours).toFixed(1)} ×, ${pace.ours.toFixed(2)} µs`)
  }
  const times = mean(paces.map(({ ours: mine, peer }) => peer / mine))
  const [mine, peer] = [mean(paces.map((pace) => pace.ours)), mean(paces.map((pace) => pace.peer))]
  const note = `${what} takes ${rounded(mine)} µs beside ${rounded(peer)} µs (geometric mean of ${works.length})`
  return { value: rounded(times), peer: rounded(peer), note }
}

/** In turns, for as many rounds as all other figures; the first, in which code is still being compiled, does not count. */
async function paceOf(rounds: number, ms: number, work: Work, ours: Evaluate, peer: Evaluate): Promise<Pace> {
  const paces = { ours: [] as number[], peer: [] as number[] }
  for (let round = 0; round <= rounds; round += 1)
    for (const [name, evaluate] of [
      ['ours', ours],
      ['peer', peer],
    ] as const) {
      const pace = await microseconds(work, evaluate, round === 0 ? ms * WARM_UP : ms)
      if (round > 0) paces[name].push(pace)
    }
  return { ours: median(paces.ours), peer: median(paces.peer) }
}

async function microseconds({ given }: Work, evaluate: Evaluate, ms: number): Promise<number> {
  const begun = performance.now()
  let count = 0
  let took = 0
  do {
    for (const { input, bindings } of given) await evaluate(input, bindings)
    count += given.length
    took = performance.now() - begun
  } while (took < ms)
  return (took * 1000) / count
}

/** Geometric: a factor counts the same whether it is of a small mapping or of a big one. */
function mean(values: number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length)
}
