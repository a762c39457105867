import { CartageError, categoryOf } from '../errors.ts'
import type { FailureReport } from '../store/ports.ts'

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
  if (error instanceof CartageError && error.retryAfterMs !== undefined) failure.retryAfterMs = error.retryAfterMs
  return failure
}

function messageOf(error: unknown): string {
  if (error instanceof Error) return error.message
  return typeof error === 'string' ? error : (JSON.stringify(error) ?? String(error))
}

function causesOf(error: unknown): string[] {
  const causes: string[] = []
  let cause = error instanceof Error ? error.cause : undefined
  while (cause !== undefined && causes.length < 8) {
    causes.push(messageOf(cause))
    cause = cause instanceof Error ? cause.cause : undefined
  }
  return causes
}
