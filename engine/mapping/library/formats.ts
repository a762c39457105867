import { DateTime } from 'luxon'

export const LOCALE = 'en-US'
export type Parser = ReturnType<typeof DateTime.buildFormatParser>

/** Formats that are remembered; then it begins anew. */
const MOST = 500

/** Formats of times, made ready: to take one apart costs ten times what reading a time with it does. */
export class Formats {
  readonly #made = new Map<string, Parser>()

  parser(format: string): Parser {
    const known = this.#made.get(format)
    if (known) return known
    if (this.#made.size >= MOST) this.#made.clear()
    const made = DateTime.buildFormatParser(format, { locale: LOCALE })
    this.#made.set(format, made)
    return made
  }
}
