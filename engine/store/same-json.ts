import { canonicalJson } from '../json.ts'

/** Whether two JSON texts mean the same; equal text, the usual case, is not parsed. */
export function sameJson(one: string, other: string): boolean {
  return one === other || canonicalJson(JSON.parse(one)) === canonicalJson(JSON.parse(other))
}
