import type { Json } from '../json.ts'

/** JSON with sorted keys and no white space, as RFC 8785 writes it: equal values give equal text. */
export function canonicalJson(value: Json): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  const members = Object.keys(value)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${canonicalJson(value[name] ?? null)}`)
  return `{${members.join(',')}}`
}

/** Whether two JSON texts mean the same; equal text, the usual case, is not parsed. */
export function sameJson(one: string, other: string): boolean {
  return one === other || canonicalJson(JSON.parse(one)) === canonicalJson(JSON.parse(other))
}
