import { type DestinationStream, type Logger, pino } from 'pino'

export type { Logger } from 'pino'

/** Names under which secrets and personal data travel; whatever carries one of them is masked at any of the first depths. */
const HIDDEN = [
  'password',
  'passwordHash',
  'secret',
  'token',
  'apiKey',
  'authorization',
  'cookie',
  'credentials',
  'phone',
  'email',
  'signedBy',
] as const

/** pino matches whole paths, so each name is listed at the depths at which our log objects nest. */
function paths(): string[] {
  return HIDDEN.flatMap((name) => [name, `*.${name}`, `*.*.${name}`, `*.*.*.${name}`])
}

/**
 * A JSON logger: one object a line, `level` as a word, time in RFC 3339.
 * Log ids and codes, never payloads: redaction only catches fields that are named as they usually are.
 */
export function createLog(options: { level?: string; destination?: DestinationStream } = {}): Logger {
  const settings = {
    level: options.level ?? 'info',
    base: { service: 'cartage' },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: paths(), censor: '[hidden]' },
  }
  return pino(settings, options.destination ?? process.stdout)
}
