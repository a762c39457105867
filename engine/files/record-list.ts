import { badFormat } from '../formats/failure.ts'
import type { Json, JsonObject } from '../json.ts'
import type { DocumentFormat } from '../partner/profile-types.ts'

/**
 * The records of a document: the items at `path`, each in a copy of what is around it, so that the mapping of the document reads
 * a record as well. Without a path those of a list, or the one thing that the document is.
 */
export function recordsIn(format: DocumentFormat, document: Json, path: string | undefined): Json[] {
  if (path === undefined) return Array.isArray(document) ? document : [document]
  const steps = path.split('.')
  const list = steps.reduce<Json | undefined>(
    (place, step) => (isObject(place) && Object.hasOwn(place, step) ? place[step] : undefined),
    document,
  )
  if (list === undefined) throw badFormat(format, 'the list of its records is not there', path)
  if (list === null || list === '') return []
  return [list].flat().map((record) => put(document as JsonObject, steps, Array.isArray(list) ? [record!] : record!))
}

function put(place: JsonObject, [step = '', ...rest]: string[], value: Json): JsonObject {
  return { ...place, [step]: rest.length === 0 ? value : put(place[step] as JsonObject, rest, value) }
}

function isObject(value: Json | undefined): value is JsonObject {
  return value !== undefined && value !== null && typeof value === 'object' && !Array.isArray(value)
}
