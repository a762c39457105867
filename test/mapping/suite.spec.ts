import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { byCompiler, byReference, type Case, type Way } from '../support/both-ways.ts'

/** A case as JSONata's own test suite has it (see the licence beside it). */
interface SuiteCase {
  id: string
  expr: string
  data?: unknown
  /** Null: there is no input. */
  dataset?: string | null
  bindings?: Record<string, unknown>
  timelimit?: number
  depth?: number
  result?: unknown
  undefinedResult?: true
  code?: string
  token?: string
  error?: { code: string }
}

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../fixtures/jsonata-suite/${name}.json`, import.meta.url), 'utf8'))
const cases: SuiteCase[] = read('cases')
const datasets: Record<string, unknown> = read('datasets')

const groups = Map.groupBy(cases, ({ id }) => id.slice(0, id.indexOf('/')))

describe("JSONata's own test suite, compiled and on the reference", () => {
  const counts: Record<Way, number> = { compiled: 0, 'in part': 0, whole: 0, error: 0 }
  let different = 0

  for (const [group, members] of groups)
    it(group, async () => {
      for (const member of members) {
        const one = caseOf(member)
        const expected = await byReference(one)
        const { outcome, way } = byCompiler(one)
        counts[way] += 1
        try {
          assert.deepEqual(outcomeOf(outcome), outcomeOf(expected), `${member.id}: ${member.expr}`)
          if (member.token !== undefined && !/^S/.test(member.code ?? ''))
            assert.equal('token' in outcome ? outcome.token : undefined, member.token)
        } catch (error) {
          different += 1
          throw error
        }
      }
    }).timeout(20_000)

  after(() => {
    const whole = `${counts.whole} whole, ${counts['in part']} in part, ${counts.error} for the first of several errors`
    const equal = cases.length - different
    console.log(
      `      JSONata suite: ${cases.length} cases, ${equal} equal, ${different} different; left to the reference: ${whole}`,
    )
    assert.equal(different, 0)
  })
})

function caseOf({ expr, data, dataset, bindings, depth, timelimit }: SuiteCase): Case {
  const input = dataset === undefined ? data : dataset === null ? undefined : datasets[dataset]
  return {
    source: expr,
    input,
    ...(bindings ? { bindings } : {}),
    ...(depth === undefined ? {} : { depth }),
    ...(timelimit === undefined ? {} : { ms: timelimit }),
  }
}

/** Errors are compared by their code; which bound was reached first depends on the machine. */
function outcomeOf(outcome: object): object {
  if (!('code' in outcome)) return outcome
  return { code: outcome.code === 'D1011' || outcome.code === 'D1012' ? 'a bound' : outcome.code }
}
