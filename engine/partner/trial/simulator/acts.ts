import type { ServerResponse } from 'node:http'
import type { SaidAnswer } from './answers.ts'

/** What a partner does instead of what it should. */
export type Act =
  /** This answer, and nothing takes effect. */
  | { kind: 'answer'; answer: SaidAnswer }
  /** A page for people, with status 200. */
  | { kind: 'page' }
  /** It announces more than anybody wants to read. */
  | { kind: 'oversized' }
  /** The answer comes byte by byte and never ends. */
  | { kind: 'drip' }
  /** It takes effect, and the connection breaks before the answer. */
  | { kind: 'vanish' }

const DRIP_MS = 20
const OVERSIZED_BYTES = 1024 ** 4

/** The status that went out; 0 where none did. `aside`: headers that the partner gives with every answer. */
export function misbehave(res: ServerResponse, act: Act, answer: SaidAnswer, aside: Record<string, string>): number {
  const headers = { 'content-type': 'application/json' }
  switch (act.kind) {
    case 'answer':
      res.writeHead(act.answer.status, { ...aside, ...act.answer.headers }).end(act.answer.body)
      return act.answer.status
    case 'page':
      res.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Sign in</title>')
      return 200
    case 'oversized':
      res.writeHead(200, { ...headers, 'content-length': String(OVERSIZED_BYTES) }).write('{')
      return 200
    case 'drip':
      return drip(res, answer)
    case 'vanish':
      res.destroy()
      return 0
  }
}

function drip(res: ServerResponse, { status, headers }: SaidAnswer): number {
  res.writeHead(status === 204 ? 200 : status, { ...headers, 'content-type': headers['content-type'] ?? 'text/plain' })
  const dripping = setInterval(() => res.write(' '), DRIP_MS)
  res.on('close', () => clearInterval(dripping))
  return status
}
