import type { Issue } from '../../canonical/validate.ts'
import { valuesAt } from '../values.ts'
import type { Span } from './syntax.ts'
import { type Target, type Trace, traceIfReadable } from './trace.ts'

/** What is wrong with a mapped field, and where its value came from. */
export interface ExplainedIssue extends Issue {
  /** The value in the result, if there is one. */
  value?: unknown
  /** Fields of the payload that it was made from, and what stands there. A field that is not there has no value. */
  from: { path: string; value?: unknown }[]
}

/**
 * Says of an issue of a mapped document where the value came from. `input` is what the mapping saw, `item` the document
 * that it made. Values are as they are: whoever shows them masks what is personal. A mapping that cannot be read explains
 * nothing, so `from` is empty.
 */
export function explainIssue(source: string, issue: Issue, input: unknown, item?: unknown): ExplainedIssue {
  return explainTraced(traceIfReadable(source), issue, input, item)
}

/** The same for a mapping that was followed before. */
export function explainTraced({ targets }: Trace, issue: Issue, input: unknown, item?: unknown): ExplainedIssue {
  const value = valuesAt(item, issue.field)
  const from = valuesOf(sourcesFor(targets, issue.field), input)
  return { ...issue, ...(value !== undefined && { value }), from }
}

/** Of several branches those are told that have a value; where none has, all of them are what is missing. */
function valuesOf(paths: string[], input: unknown): ExplainedIssue['from'] {
  const from = paths.map((path) => {
    const found = valuesAt(input, path)
    return { path, ...(found !== undefined && { value: found }) }
  })
  const there = from.filter((one) => 'value' in one)
  return there.length > 0 ? there : from
}

/** What is known of where a mapping failed. */
export interface FailedAt {
  /** Position in the text that the error told. */
  position?: number
  /** The function of the library that failed, without its dollar sign. */
  function?: string
}

/**
 * Which field was being made when a mapping failed, and from what: by the position of the error, else by the function, where one
 * field only is made by it. Undefined when it cannot be known.
 */
export function explainFailure(
  trace: Trace,
  at: FailedAt,
  input: unknown,
): Pick<ExplainedIssue, 'field' | 'from'> | undefined {
  const all = trace.targets.filter(({ path }) => path !== '')
  const calling = at.function === undefined ? all : all.filter(({ functions }) => functions.includes(at.function!))
  const here = at.position === undefined ? calling : around(calling, trace, at.position)
  const fields = [...new Set(leavesOf(here).map(({ path }) => plain(path)))]
  if (fields.length !== 1) return undefined
  const sources = here.filter(({ path }) => plain(path) === fields[0]).flatMap((target) => target.sources)
  return { field: fields[0]!, from: valuesOf([...new Set(sources)], input) }
}

/** The targets whose value is written around the position, or is made of a variable that is. */
function around(targets: Target[], { definitions }: Trace, position: number): Target[] {
  const holds = ({ start, end }: Span) => start < position && position <= end
  const written = targets.filter(({ valueSpan }) => holds(valueSpan))
  if (written.length > 0) return written
  const variables = definitions.filter(({ span }) => holds(span)).map(({ name }) => name)
  return targets.filter((target) => target.variables.some((name) => variables.includes(name)))
}

/** Without the objects that hold others of them. */
function leavesOf(targets: Target[]): Target[] {
  const paths = targets.map(({ path }) => plain(path))
  return targets.filter(({ path }) => !paths.some((other) => other.startsWith(`${plain(path)}.`)))
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
