import type { SampleFolder } from '../../../mapping/catalogue.ts'
import { mappingsOf, samplesOf } from '../../../mapping/catalogue.ts'
import type { Operation, Profile } from '../../profile-types.ts'
import { pieces } from '../../template.ts'
import type { HeardRequest } from './heard.ts'

interface Route {
  name: string
  operation: Operation
  path: RegExp
  /** Characters of the path that are as written: of two that fit, the one that says more is meant. */
  literal: number
  /** What the samples say in the request's body: tells operations apart that share an address. */
  words: ReadonlySet<string>
}

/** Which operation of the template is asked for: by method and address and, where several share them, by what is said. */
export class Routes {
  readonly #routes: Route[]

  /** `basePath`: of the simulated address, without a slash at its end. */
  constructor(profile: Profile, samples: SampleFolder, basePath: string) {
    this.#routes = Object.entries(profile.operations).map(([name, operation]) => ({
      name,
      operation,
      ...patternOf(operation.path, basePath),
      words: wordsOf(profile, samples, name),
    }))
  }

  /** The operation that is meant; several where nothing tells them apart. */
  find({ method, path, body }: HeardRequest): string[] {
    const [pathname = '', query = ''] = path.split('?')
    const fitting = this.#routes.filter(
      (route) => route.operation.method === method && route.path.test(pathname) && hasQuery(route.operation, query),
    )
    const most = Math.max(...fitting.map(({ literal }) => literal))
    const nearest = fitting.filter(({ literal }) => literal === most)
    if (nearest.length < 2) return nearest.map(({ name }) => name)
    const said = new Set(wordsIn(`${query} ${body.toString('utf8')}`))
    const ranked = nearest.map(({ name, words }) => ({ name, likeness: likeness(words, said) }))
    const likeliest = Math.max(...ranked.map((one) => one.likeness))
    return ranked.filter((one) => one.likeness === likeliest).map(({ name }) => name)
  }
}

function patternOf(template: string, basePath: string): Pick<Route, 'path' | 'literal'> {
  const parts = pieces(template)
  // A question mark in the text begins the query; those in braces are JSONata's.
  const end = parts.findIndex(({ text }) => text?.includes('?'))
  const path = end < 0 ? parts : [...parts.slice(0, end), { text: parts[end]!.text!.split('?')[0]! }]
  const source = path.map(({ text }) => (text === undefined ? '[^/]+' : escaped(text)))
  const literal = path.reduce((sum, { text = '' }) => sum + text.length, 0)
  return { path: new RegExp(`^${escaped(basePath)}/?${source.join('').replace(/^\/+/, '')}$`), literal }
}

/** Parameters with a fixed value must be there; what data fills may be left out. */
function hasQuery({ query = {} }: Operation, asked: string): boolean {
  const given = new URLSearchParams(asked)
  return Object.entries(query).every(([name, value]) => value.includes('{') || given.get(name) === value)
}

function wordsOf(profile: Profile, samples: SampleFolder, operation: string): ReadonlySet<string> {
  const ref = mappingsOf(profile).find((one) => one.role === 'request' && one.operation === operation)
  const goldens = ref ? samplesOf(profile, ref, samples).flatMap(({ golden }) => golden ?? []) : []
  const { query = {}, rpcMethod = '' } = profile.operations[operation] ?? {}
  return new Set(
    wordsIn(
      [...Object.keys(query), rpcMethod, ...goldens.map((name) => samples.read(name).toString('utf8'))].join(' '),
    ),
  )
}

function wordsIn(text: string): string[] {
  return text.match(/[\p{L}\p{N}_.-]+/gu) ?? []
}

/** Words that both have, among all that either has. */
function likeness(one: ReadonlySet<string>, other: ReadonlySet<string>): number {
  const shared = [...one].filter((word) => other.has(word)).length
  return shared / Math.max(1, one.size + other.size - shared)
}

/** A text as part of a regular expression that means itself. */
export function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&')
}
