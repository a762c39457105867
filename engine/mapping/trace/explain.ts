import type { Issue } from '../../canonical/validate.ts'
import { type Target, traceMapping } from './trace.ts'

/** What is wrong with a mapped field, and where its value came from. */
export interface ExplainedIssue extends Issue {
  /** The value in the result, if there is one. */
  value?: unknown
  /** Fields of the payload that it was made from, and what stands there. A field that is not there has no value. */
  from: { path: string; value?: unknown }[]
}

/** Of a list, so many values tell enough. */
const MAX_VALUES = 5

/**
 * Says of an issue of a mapped document where the value came from. `input` is what the mapping saw, `item` the document
 * that it made. Values are as they are: whoever shows them masks what is personal. A mapping that cannot be read explains
 * nothing, so `from` is empty.
 */
export function explainIssue(source: string, issue: Issue, input: unknown, item?: unknown): ExplainedIssue {
  const value = valuesAt(item, issue.field)
  const paths = sourcesFor(targetsOf(source), issue.field)
  const from = paths.map((path) => {
    const found = valuesAt(input, path)
    return { path, ...(found !== undefined && { value: found }) }
  })
  const there = from.filter((one) => 'value' in one)
  // Of several branches those are told that have a value; where none has, all of them are what is missing.
  return { ...issue, ...(value !== undefined && { value }), from: there.length > 0 ? there : from }
}

function targetsOf(source: string): Target[] {
  try {
    return traceMapping(source).targets
  } catch {
    return []
  }
}

/** Of the field itself, else of the nearest that holds it. */
function sourcesFor(targets: Target[], field: string): string[] {
  for (let path = plain(field); ; path = path.slice(0, Math.max(0, path.lastIndexOf('.')))) {
    const found = targets.filter((target) => plain(target.path) === path)
    if (found.length > 0) return [...new Set(found.flatMap(({ sources }) => sources))]
    if (path === '') return []
  }
}

/** Without positions and marks of lists. */
function plain(path: string): string {
  return path.replaceAll('[]', '').replace(/\.\d+(?=\.|$)/g, '')
}

/** What stands at a path; lists on the way give the values of all their items. Undefined when nothing does. */
export function valuesAt(root: unknown, path: string): unknown {
  const names = path.match(/`[^`]*`|[^.]+/g) ?? []
  let values: unknown[] = [root]
  for (const name of names) values = values.flatMap((value) => childrenOf(value, name.replaceAll('`', '')))
  const found = values.flat().filter((value) => value !== undefined)
  return found.length > 1 ? found.slice(0, MAX_VALUES) : found[0]
}

function childrenOf(value: unknown, name: string): unknown[] {
  if (value === null || typeof value !== 'object') return []
  if (Array.isArray(value))
    return /^\d+$/.test(name) ? [value[Number(name)]] : value.flatMap((item) => childrenOf(item, name))
  if (name === '*') return Object.values(value)
  if (name === '**') return [value, ...Object.values(value).flatMap((item) => childrenOf(item, '**'))]
  return Object.hasOwn(value, name) ? [(value as Record<string, unknown>)[name]] : []
}
