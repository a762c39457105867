import { createHash } from 'node:crypto'

/** JSON values; the simulators import nothing of the engine, so they name them themselves. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
export type JsonObject = { [key: string]: Json }

/** `value` if it is a JSON object, otherwise an empty one. */
export function object(value: Json | undefined): JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? value : {}
}

export function array(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : []
}

/** `value` as text; '' for anything that is neither text nor number. */
export function text(value: Json | undefined): string {
  if (typeof value === 'string') return value
  return typeof value === 'number' ? String(value) : ''
}

/** A number in [0, 1) that depends on nothing but `parts`: the same seed plays the same day again. */
export function chance(...parts: (string | number)[]): number {
  return createHash('sha256').update(parts.join('\u0000')).digest().readUInt32BE(0) / 2 ** 32
}

/** A hexadecimal id that depends on nothing but `parts`. */
export function idOf(length: number, ...parts: (string | number)[]): string {
  return createHash('sha256').update(parts.join('\u0000')).digest('hex').slice(0, length)
}

/** A UUID-shaped id that depends on nothing but `parts`. */
export function uuidOf(...parts: (string | number)[]): string {
  const hex = idOf(32, ...parts)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`
}
