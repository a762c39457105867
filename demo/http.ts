/** A JSON value as it came. */
export type Body = Record<string, unknown>

export interface Answer {
  /** 0: no answer. */
  status: number
  body: Body
}

const NOTHING: Answer = { status: 0, body: {} }

/** One request; a connection that breaks is an answer too (status 0). */
export async function ask(url: string, init: RequestInit = {}, timeoutMs = 15_000): Promise<Answer> {
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(timeoutMs) })
    const text = await response.text()
    return { status: response.status, body: parse(text) }
  } catch {
    return NOTHING
  }
}

function parse(text: string): Body {
  try {
    const value: unknown = JSON.parse(text)
    return value !== null && typeof value === 'object' ? (value as Body) : { value }
  } catch {
    return { text }
  }
}

export function sendJson(method: string, value: unknown, headers: Record<string, string> = {}): RequestInit {
  return { method, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(value) }
}
