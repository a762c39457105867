import { type Run, tooLong } from './run.ts'
import { isArray } from './sequence.ts'

/** `$string` of anything but nothing. */
export function stringOf(run: Run, value: unknown, pretty = false): string {
  if (typeof value === 'string') return value
  if (typeof value === 'function') return ''
  if (typeof value === 'number') return numberText(value)
  if (value === null || typeof value === 'boolean') return String(value)
  const whole = isArray(value) && value.outerWrapper ? value[0] : value
  const isPlain = measured(run, whole)
  return run.text(
    isPlain ? JSON.stringify(whole, undefined, pretty ? 2 : 0) : JSON.stringify(whole, asJson, pretty ? 2 : 0),
  )
}

function numberText(value: number): string {
  if (!Number.isFinite(value)) throw { code: 'D3001', value }
  return String(rounded(value))
}

/** Fractions come out with fifteen digits: 0.1 + 0.2 is 0.3. */
function rounded(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(15))
}

function asJson(_key: string, value: unknown): unknown {
  if (typeof value === 'function') return ''
  if (typeof value !== 'number' || Number.isNaN(value)) return value
  if (!Number.isFinite(value)) throw { code: 'D1001', value }
  return rounded(value)
}

/** Nothing that JSON can write is nested deeper: what is, holds itself. */
const DEEPEST = 2_000

/**
 * A value that holds another many times is small in memory and endless for whoever goes through it: that is refused. True when
 * JSON writes everything in it as JSONata does.
 */
export function measured(run: Run, value: unknown): boolean {
  const room = { left: run.limits.text, depth: 0, isPlain: true }
  measure(run, value, room)
  return room.isPlain
}

function measure(run: Run, value: unknown, room: { left: number; depth: number; isPlain: boolean }): void {
  room.left -= typeof value === 'string' ? value.length : 1
  if (room.left < 0) throw tooLong(run.limits.text)
  if (typeof value === 'function' || (typeof value === 'number' && !Number.isInteger(value))) room.isPlain = false
  // the reference's functions are objects, and no text
  if (value === null || typeof value !== 'object' || '_jsonata_lambda' in value || '_jsonata_function' in value) return
  run.tick()
  room.depth += 1
  if (room.depth > DEEPEST) throw new TypeError('a value that holds itself')
  if (isArray(value)) for (const item of value) measure(run, item, room)
  else {
    const keys = Object.keys(value)
    for (const key of keys) room.left -= key.length
    run.charge(keys.length)
    for (const item of Object.values(value)) measure(run, item, room)
  }
  room.depth -= 1
}
