import { type Almanac, type ConditionProperties, Engine, Rule } from 'json-rules-engine'
import type { Evaluate } from '../partner/template.ts'
import { type Column, columnsOf, operatorsOf } from './columns.ts'
import type { Facts } from './facts.ts'
import type { ReadTable } from './read-table.ts'
import type { RoutingRow } from './table.ts'
import { wordsOf } from './words.ts'

/** What a row of the table thinks of a shipment. */
export interface RowVerdict {
  name: string
  matched: boolean
  /** What stands against it: column by column, or that it is off. */
  objections: { column: string; why: string }[]
}

interface Judged {
  verdict: RowVerdict
  row: RoutingRow
}

/**
 * Every row with what it thinks of a shipment, from top to bottom. The conditions are data of the rules library, which asks all of
 * them; the words for people are the columns'. An expression that fails does not hold, and its row says so.
 */
export async function judgeRows(read: ReadTable, facts: Facts, evaluate: Evaluate): Promise<Judged[]> {
  const rows = read.table.rows.map((row, index) => ({ row, index, columns: columnsOf(row.when, index) }))
  const engine = new Engine([], { allowUndefinedFacts: true })
  for (const [name, operator] of Object.entries(operatorsOf(read))) engine.addOperator(name, operator)
  for (const [name, value] of Object.entries(facts)) engine.addFact(name, () => value)
  engine.addFact('facts', () => facts)
  engine.addFact('expression', ({ source }) => holds(String(source), facts, evaluate))
  for (const { row, index, columns } of rows) {
    if (row.off || columns.length === 0) continue
    engine.addRule(
      new Rule({
        name: String(index),
        event: { type: 'matched' },
        conditions: { all: columns.map(({ name, condition }) => ({ ...condition, name })) },
      }),
    )
  }
  const { results, failureResults, almanac } = await engine.run()
  const judged = new Map([...results, ...failureResults].map((result) => [result.name, result]))
  return Promise.all(
    rows.map(async ({ row, index, columns }) => {
      if (row.off) return { row, verdict: verdictOf(row, [{ column: 'off', why: 'the row is switched off' }]) }
      const conditions = (judged.get(String(index))?.conditions as { all?: ConditionProperties[] } | undefined)?.all
      const failed = columns.filter((_column, place) => !(conditions?.[place] as { result?: boolean })?.result)
      return {
        row,
        verdict: verdictOf(row, await Promise.all(failed.map((column) => objectionOf(column, facts, almanac)))),
      }
    }),
  )
}

function verdictOf({ name }: RoutingRow, objections: RowVerdict['objections']): RowVerdict {
  return { name, matched: objections.length === 0, objections }
}

async function objectionOf(
  { name, condition, objection }: Column,
  facts: Facts,
  almanac: Almanac,
): Promise<RowVerdict['objections'][number]> {
  const { failed } =
    condition.fact === 'expression'
      ? await almanac.factValue<{ failed?: string }>('expression', condition.params)
      : { failed: undefined }
  return { column: name, why: failed ?? objection(facts) }
}

async function holds(
  source: string,
  { shipment, now }: Facts,
  evaluate: Evaluate,
): Promise<{ holds: boolean; failed?: string }> {
  try {
    return { holds: Boolean(await evaluate(source, { shipment, now: new Date(now).toISOString() })) }
  } catch (error) {
    return { holds: false, failed: `the expression fails: ${wordsOf(error)}` }
  }
}
