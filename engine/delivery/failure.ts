import { inspect } from 'node:util'
import { CartageError, categoryOf } from '../errors.ts'
import type { FailureReport } from '../store/ports.ts'

/** Characters kept of something that is no error and no JSON. */
const LONGEST_INSPECTION = 500

/** A failure as it is decided upon: the report that is kept, and how long the partner asked us to wait. */
export type Failure = FailureReport & { retryAfterMs?: number }

/** Describe anything thrown, with its chain of causes; `where` names the node that threw it. */
export function describeFailure(
  error: unknown,
  where: Pick<FailureReport, 'nodeId' | 'nodeType' | 'nodeName' | 'flow'> = {},
): Failure {
  const failure: Failure = {
    category: categoryOf(error),
    code: error instanceof CartageError ? error.code : 'flow.error',
    message: messageOf(error),
    causes: causesOf(error),
    ...where,
  }
  if (error instanceof CartageError && error.issues.length > 0) failure.issues = error.issues
  if (error instanceof CartageError && error.retryAfterMs !== undefined) failure.retryAfterMs = error.retryAfterMs
  return failure
}

/** By shape, not by class: an error thrown in a function node comes from another realm and is no instance of our Error. */
function messageOf(error: unknown): string {
  if (typeof error === 'string') return error
  // Whatever a node reports, describing it must not throw: that would be in the log, maybe under a timer, and end the process.
  try {
    if (error !== null && typeof error === 'object' && 'message' in error) return String(error.message)
    return JSON.stringify(error) ?? String(error)
  } catch {
    return inspect(error, { depth: 1, breakLength: Number.POSITIVE_INFINITY }).slice(0, LONGEST_INSPECTION)
  }
}

function causeOf(error: unknown): unknown {
  return error !== null && typeof error === 'object' && 'cause' in error ? error.cause : undefined
}

function causesOf(error: unknown): string[] {
  const causes: string[] = []
  for (let cause = causeOf(error); cause !== undefined && causes.length < 8; cause = causeOf(cause))
    causes.push(messageOf(cause))
  return causes
}
