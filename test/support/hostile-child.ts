import { createEvaluator } from '../../engine/mapping/evaluate.ts'
import { CartageError } from '../../engine/errors.ts'
import { ATTACKS } from './hostile-mappings.ts'

/** What became of one attack, told to the parent by the process that was attacked. */
export interface Outcome {
  index: number
  /** Set before it is evaluated: after it, this process may be no more. */
  begun?: true
  error?: { ours: boolean; category?: string; code?: string; message: string }
  value?: unknown
  /** Characters of the value as JSON. */
  size?: number
  /** Milliseconds of processor time. */
  cpu?: number
  polluted?: boolean
}

/** Longer values are told by their size only. */
const MAX_TOLD = 10_000
const PRISTINE = JSON.stringify(Object.getOwnPropertyNames(Object.prototype))
const evaluator = createEvaluator()

for (const [index, { source, input = '{}' }] of ATTACKS.entries()) {
  process.send!({ index, begun: true } satisfies Outcome)
  const before = process.cpuUsage()
  const outcome: Outcome = { index }
  try {
    const value = await evaluator.evaluate(source, JSON.parse(input))
    const text = JSON.stringify(value) ?? ''
    outcome.size = text.length
    if (value !== undefined && text.length < MAX_TOLD) outcome.value = value
  } catch (error) {
    const { message } = error as Error
    outcome.error =
      error instanceof CartageError
        ? { ours: true, category: error.category, code: error.code, message }
        : { ours: false, message }
  }
  const { user, system } = process.cpuUsage(before)
  outcome.cpu = (user + system) / 1000
  outcome.polluted = JSON.stringify(Object.getOwnPropertyNames(Object.prototype)) !== PRISTINE
  process.send!(outcome)
}
process.disconnect()
