import { CartageError } from '../../errors.ts'

export interface Example {
  expression: string
  /** What the expression is evaluated over; nothing when left out. */
  input?: unknown
  /** Left out where the result is nothing. */
  result?: unknown
  /** The example fails, and this is a part of what the error says. */
  error?: string
}

/** What an analyst reads of a function while typing. */
export interface FunctionDoc {
  /** Without the dollar sign. */
  name: string
  signature: string
  /** One or two sentences; says what happens to what is ambiguous, out of range or missing. */
  summary: string
  group: string
  examples: Example[]
}

/** A function that mappings may call. Nothing given gives nothing back; what is not clear is an error, never a guess. */
export interface LibraryFunction extends FunctionDoc {
  run: (...args: never[]) => unknown
}

export type Given<T> = T | null | undefined

/** A function of the library that cannot do what it was asked to: `mapping.value`, invalid. The message never quotes the value. */
export class FunctionError extends CartageError {
  /** With its dollar sign. */
  readonly function: string
  /** Where in the mapping it is called; set by who called it, as far as known. */
  position?: number
  readonly #value: unknown

  constructor(name: string, message: string, value?: unknown) {
    super('invalid', 'mapping.value', `${name}: ${message}`)
    this.function = name
    this.#value = value
  }

  /** What it could not take; may be personal, so it is no property that a logger finds. */
  get value(): unknown {
    return this.#value
  }
}

/** Fields that a mapping cannot do without and that are not there. */
export class MissingFields extends FunctionError {
  readonly fields: readonly string[]

  constructor(name: string, fields: readonly string[]) {
    super(name, `${fields.join(', ')} ${fields.length === 1 ? 'is' : 'are'} missing`)
    this.fields = fields
  }
}

export function isNothing(value: unknown): value is null | undefined {
  return value === null || value === undefined
}

/** Nothing, or a text of blanks: partners send both for "not there". */
export function isBlank(value: unknown): boolean {
  return isNothing(value) || (typeof value === 'string' && value.trim() === '')
}

/** The options of a function, each one of those that it knows. */
export function optionsOf<T extends object>(name: string, given: Given<T>, known: readonly (keyof T & string)[]): T {
  if (isNothing(given)) return {} as T
  if (typeof given !== 'object' || Array.isArray(given)) throw new FunctionError(name, 'options are an object')
  for (const key of Object.keys(given))
    if (!known.includes(key as keyof T & string))
      throw new FunctionError(name, `has no option ${JSON.stringify(key)}; it has ${known.join(', ')}`)
  return given
}

/** One of the words that are allowed. */
export function wordOf<T extends string>(name: string, what: string, given: unknown, words: readonly T[]): T {
  if (words.includes(given as T)) return given as T
  throw new FunctionError(name, `${what} is one of ${words.join(', ')}`, given)
}

/** At most `longest` characters: what is looked at more closely must not be as long as the sender likes. */
export function textOf(name: string, given: unknown, longest = Number.POSITIVE_INFINITY): string {
  if (typeof given === 'string') {
    if (given.length <= longest) return given
    throw new FunctionError(name, `the value has more than ${longest} characters`)
  }
  if (typeof given === 'number' && Number.isFinite(given)) return String(given)
  throw new FunctionError(name, 'the value is no text', given)
}
