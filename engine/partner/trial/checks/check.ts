import { CartageError } from '../../../errors.ts'
import type { Json } from '../../../json.ts'
import type { TrialBench } from '../bench.ts'
import type { Exchange } from '../simulator/heard.ts'
import type { Check, CheckLink, CheckMessage, Verdict } from '../types.ts'

/** One line of the script. What it throws is a failure of it. */
export interface CheckSpec extends Pick<Check, 'id' | 'title' | 'group' | 'required'> {
  run(bench: TrialBench): Promise<Verdict> | Verdict
}

interface Details {
  message?: CheckMessage
  link?: CheckLink
}

export function passed(why?: string): Verdict {
  return { outcome: 'passed', ...(why !== undefined && { why }) }
}

export function failed(why: string, details: Details = {}): Verdict {
  return { outcome: 'failed', why, ...details }
}

export function skipped(why: string): Verdict {
  return { outcome: 'skipped', why }
}

/** The first verdict that is no pass; `otherwise` when all are. */
export async function firstOf(verdicts: Iterable<() => Promise<Verdict>>, otherwise: Verdict): Promise<Verdict> {
  for (const verdict of verdicts) {
    const one = await verdict()
    if (one.outcome === 'failed') return one
  }
  return otherwise
}

/** What was said last, or last of one operation. */
export function lastSaid({ simulator }: TrialBench, operation?: string): CheckMessage {
  const said = simulator.heard.findLast((one) => operation === undefined || one.operation === operation)
  return said === undefined ? {} : exchangeMessage(said)
}

function exchangeMessage({ method, path, headers, body, status, answer }: Exchange): CheckMessage {
  const { host: _host, connection: _connection, ...shown } = headers
  return {
    request: { method, path, headers: shown, body: readable(body.toString('utf8')) },
    response: { status, body: readable(answer) },
  }
}

/** JSON as what it says, everything else as text. */
export function readable(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch {
    return text
  }
}

export function wordsOf(error: unknown): string {
  return error instanceof CartageError
    ? `${error.message} (${error.code})`
    : 'something is not what it should be, in a sample or in the manifest'
}
