/*
 * Reads a trace: which part of a mapping makes a canonical field, from which fields of the payload, and back. Paths are
 * compared folded: what holds for one item of a list holds for the field.
 */
import { fold, isThere, isWithin } from './paths.mjs'

const targetsOf = (trace) => trace?.targets ?? []

/** The parts that make a field: its own, else those of the fields below it, else that of the nearest field above. */
export function madeBy(trace, path) {
  const wanted = fold(path)
  const own = targetsOf(trace).filter((target) => fold(target.path) === wanted)
  if (own.length > 0) return own
  const below = targetsOf(trace).filter((target) => isWithin(fold(target.path), wanted))
  if (below.length > 0) return below
  const above = targetsOf(trace).filter((target) => isWithin(wanted, fold(target.path)))
  const nearest = Math.max(0, ...above.map((target) => target.path.length))
  return above.filter((target) => target.path.length === nearest)
}

/** The parts that read a field of the payload or what is below it. */
export function goesTo(trace, path) {
  const wanted = fold(path)
  return targetsOf(trace).filter((target) =>
    target.sources.some((source) => isWithin(fold(source), wanted) || isWithin(wanted, fold(source))),
  )
}

/** The innermost part at an offset of the text. */
export function partAt(trace, offset) {
  const around = targetsOf(trace).filter(({ span }) => span && span.start <= offset && offset <= span.end)
  return around.sort((a, b) => a.span.end - a.span.start - (b.span.end - b.span.start))[0]
}

/** How a field comes to be: `mapped` from the payload, `computed` where that cannot be followed, `constant`, or nothing. */
export function originOf(trace, path) {
  const parts = targetsOf(trace).filter((target) => fold(target.path) === fold(path))
  if (parts.length === 0) return undefined
  if (parts.some((part) => part.sources.length > 0)) return 'mapped'
  return parts.some((part) => part.opaque || part.variables?.length > 0 || part.functions?.length > 0)
    ? 'computed'
    : 'constant'
}

/** Is a field made of nothing but fields that this payload does not have? What is handed in beside it is there. */
export function isAbsent(trace, path, payload) {
  const parts = targetsOf(trace).filter((target) => fold(target.path) === fold(path))
  const sources = parts.flatMap((part) => part.sources)
  return sources.length > 0 && !sources.some((source) => source.startsWith('$') || isThere(payload, fold(source)))
}

/** Lines of the picture: one for each field of the payload that a canonical field is made from; what is not there has none. */
export function linksOf(trace, payload) {
  const seen = new Set()
  return targetsOf(trace).flatMap((target) =>
    target.sources.flatMap((source) => {
      if (!isThere(payload, fold(source))) return []
      const link = { source: fold(source), target: fold(target.path), functions: target.functions ?? [] }
      const key = `${link.source}→${link.target}`
      if (seen.has(key)) return []
      seen.add(key)
      return [link]
    }),
  )
}
