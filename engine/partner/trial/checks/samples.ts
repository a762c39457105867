import { parseJson } from '../../../api/json.ts'
import type { SampleFolder } from '../../../mapping/catalogue.ts'
import type { Check, Verdict } from '../types.ts'
import { failed, passed, wordsOf } from './check.ts'

export const SAMPLES = {
  id: 'samples',
  title: 'All samples can be read',
  group: 'setup',
  required: true,
} satisfies Partial<Check>

/** What is wrong with the first sample that cannot be read; with it nothing can be tried. */
export function samplesVerdict(samples: SampleFolder): Verdict {
  const names = samples.names()
  for (const file of names.filter((name) => name.endsWith('.json'))) {
    const problem = problemWith(samples, file, names)
    if (problem === undefined) continue
    const link = { kind: 'sample', path: `samples/${file}` } as const
    return failed(`samples/${file} ${problem}. Put it right, then try again: everything else needs it.`, { link })
  }
  return passed(`${names.length} files.`)
}

function problemWith(samples: SampleFolder, file: string, names: string[]): string | undefined {
  let value: unknown
  try {
    value = parseJson(samples.read(file))
  } catch (error) {
    return `is no JSON: ${wordsOf(error)}`
  }
  if (/^webhook\..*\.http\.json$/.test(file)) return requestProblem(value, names)
  if (file.endsWith('.response.http.json')) return isTexts(fieldOf(value, 'headers')) ? undefined : 'has no "headers"'
  if (file === 'parameters.json' || file === 'topics.json') return isTexts(value) ? undefined : 'is no object of texts'
  if (file === 'codes.list.json') return isList(value) ? undefined : 'is no list of codes'
  return file.endsWith('.canonical.json') && !isDocuments(value)
    ? 'holds neither an object nor a list of objects'
    : undefined
}

/** `{ headers, bodyFile, path, signature? }` */
function requestProblem(value: unknown, names: string[]): string | undefined {
  if (!isTexts(fieldOf(value, 'headers'))) return 'has no "headers"'
  if (typeof fieldOf(value, 'path') !== 'string') return 'has no "path"'
  const body = fieldOf(value, 'bodyFile')
  return names.includes(String(body)) ? undefined : `names a body that is not there: ${String(body)}`
}

function fieldOf(value: unknown, name: string): unknown {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
}

function isTexts(value: unknown): boolean {
  return isObject(value) && Object.values(value).every((one) => typeof one === 'string')
}

function isList(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === 'string')
}

function isDocuments(value: unknown): boolean {
  return value === null || [value].flat().every(isObject)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
