import { type Run, tooLong } from './run.ts'
import { isArray } from './sequence.ts'

/** `$string` of anything but nothing. */
export function stringOf(run: Run, value: unknown, pretty = false): string {
  if (typeof value === 'string') return value
  if (typeof value === 'function') return ''
  if (typeof value === 'number') return numberText(value)
  if (value === null || typeof value === 'boolean') return String(value)
  const whole = isArray(value) && value.outerWrapper ? value[0] : value
  measured(run, whole)
  return run.text(JSON.stringify(whole, asJson, pretty ? 2 : 0))
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

/** A value that holds another many times is small in memory and endless for whoever goes through it. */
export function measured(run: Run, value: unknown): void {
  measure(run, value, { left: run.limits.text })
}

function measure(run: Run, value: unknown, room: { left: number }): void {
  run.tick()
  room.left -= typeof value === 'string' ? value.length : 1
  if (room.left < 0) throw tooLong(run.limits.text)
  if (value === null || typeof value !== 'object') return
  if (isArray(value)) for (const item of value) measure(run, item, room)
  else
    for (const [key, item] of Object.entries(value)) {
      room.left -= key.length
      measure(run, item, room)
    }
}
