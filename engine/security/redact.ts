/** Field names whose value is never written down, whatever it is. */
const SECRET_FIELD =
  /^(authorization|proxy-authorization|cookie|set-cookie|.*(password|passwd|secret|token|api[-_]?key|credential).*)$/i
const MASK = '[redacted]'
const MAX_DEPTH = 12
/** Below this a "secret" is a common word, and masking it would spoil every text. */
const MIN_SECRET = 4

export interface RedactOptions {
  /** The values themselves: credentials, tokens. Also found URL- and base64-encoded. */
  secrets?: Iterable<string>
  /** Names of personal fields (marked `x-personal` in the canonical schemas). */
  personal?: Iterable<string>
}

export interface Redactor {
  text(text: string): string
  /** A copy fit for a log: secret and personal fields masked at any depth. */
  value(value: unknown): unknown
}

/** Takes secrets and personal data out of whatever goes to logs, errors and people. */
export function createRedactor(options: RedactOptions): Redactor {
  const needles = [
    ...new Set([...(options.secrets ?? [])].filter((secret) => secret.length >= MIN_SECRET).flatMap(spellings)),
  ]
  // Longest first: a secret that contains another must go as a whole.
  needles.sort((a, b) => b.length - a.length)
  const personal = new Set([...(options.personal ?? [])].map((name) => name.toLowerCase()))
  const text = (input: string) => needles.reduce((output, needle) => output.replaceAll(needle, MASK), input)
  const value = (input: unknown, depth = 0): unknown => {
    if (typeof input === 'string') return text(input)
    if (input === null || typeof input !== 'object') return input
    if (depth >= MAX_DEPTH) return '[too deep]'
    if (Array.isArray(input)) return input.map((item) => value(item, depth + 1))
    if (input instanceof Error) return { name: input.name, message: text(input.message) }
    return Object.fromEntries(
      Object.entries(input).map(([name, item]) => {
        const hide = SECRET_FIELD.test(name) || personal.has(name.toLowerCase())
        return [name, hide && item !== null && item !== undefined ? MASK : value(item, depth + 1)]
      }),
    )
  }
  return { text, value: (input) => value(input) }
}

function spellings(secret: string): string[] {
  const encoded = encodeURIComponent(secret)
  const json = JSON.stringify(secret).slice(1, -1)
  return [secret, encoded, encoded.replaceAll('%20', '+'), json, Buffer.from(secret).toString('base64')]
}
