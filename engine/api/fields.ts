import { isDateTime } from '../canonical/formats.ts'
import type { Json, JsonObject } from '../json.ts'
import { readBody } from './body.ts'
import type { Call } from './call.ts'
import { parseJsonObject } from './json.ts'
import { type FieldError, invalidFields } from './problem.ts'

/** The fields of a small body, read one by one. `done` says everything that is wrong at once, in one 422. */
export class Fields {
  readonly #body: JsonObject
  readonly #prefix: string
  readonly #errors: FieldError[]
  readonly #read = new Set<string>()

  constructor(body: JsonObject, prefix = '', errors: FieldError[] = []) {
    this.#body = body
    this.#prefix = prefix
    this.#errors = errors
  }

  has(name: string): boolean {
    return this.#take(name) !== undefined
  }

  /** Any JSON; undefined when it is not there. */
  json(name: string): Json | undefined {
    return this.#take(name)
  }

  /** Text with something in it, without blanks around it. */
  text(name: string, most: number): string {
    const value = this.#take(name)
    const text = typeof value === 'string' ? value.trim() : ''
    if (text.length < 1 || text.length > most) this.#wrong(name, 'length', `must be text of 1 to ${most} characters`)
    return text
  }

  choice<const T extends string>(name: string, values: readonly T[], fallback: T): T {
    const value = this.#take(name)
    const found = values.find((known) => known === value)
    if (value !== undefined && found === undefined) this.#wrong(name, 'enum', `must be one of ${values.join(', ')}`)
    return found ?? fallback
  }

  flag(name: string, fallback: boolean): boolean {
    const value = this.#take(name)
    if (value !== undefined && typeof value !== 'boolean') this.#wrong(name, 'type', 'must be true or false')
    return typeof value === 'boolean' ? value : fallback
  }

  whole(name: string, least: number, most: number, fallback: number): number {
    const value = this.#take(name) ?? fallback
    const fits = typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
    if (!fits) this.#wrong(name, 'range', `must be a whole number from ${least} to ${most}`)
    return fits ? value : fallback
  }

  /** RFC 3339, as epoch milliseconds. */
  time(name: string): number {
    const value = this.#take(name)
    const fits = typeof value === 'string' && isDateTime(value)
    if (!fits) this.#wrong(name, 'date-time', 'must be a time such as 2026-03-02T08:00:00Z')
    return fits ? Date.parse(value) : 0
  }

  /** The fields of an object within; its errors are told with the others. */
  object(name: string): Fields {
    const value = this.#take(name)
    const fits = value !== null && typeof value === 'object' && !Array.isArray(value)
    if (!fits) this.#wrong(name, 'type', 'must be an object')
    return new Fields(fits ? value : {}, `${this.#prefix}${name}.`, this.#errors)
  }

  /** Says that nobody asked for the rest. */
  only(): void {
    for (const name of Object.keys(this.#body))
      if (!this.#read.has(name)) this.#wrong(name, 'unknown-field', 'is not a field of this document')
  }

  /** @throws HttpProblem 422 that names each wrong field */
  done(): void {
    this.only()
    if (this.#errors.length > 0) throw invalidFields(this.#errors)
  }

  #take(name: string): Json | undefined {
    this.#read.add(name)
    return Object.hasOwn(this.#body, name) ? this.#body[name] : undefined
  }

  #wrong(name: string, code: string, message: string): void {
    this.#errors.push({ field: `${this.#prefix}${name}`, code, message })
  }
}

/** The body of a request as fields; no body at all is one without fields. */
export async function readFields(call: Call): Promise<Fields> {
  const { bytes } = await readBody(call.req, {
    limitBytes: call.deps.bodyLimitBytes,
    types: ['application/json'],
    optional: true,
  })
  return new Fields(bytes.length === 0 ? {} : parseJsonObject(bytes))
}
