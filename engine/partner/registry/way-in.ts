import { namesGivenBy, namesIn, textsOf, waysOf } from '../auth/names.ts'
import type { Auth, OneAuth } from '../auth/types.ts'
import type { Manifest } from '../profile-types.ts'
import type { Files } from './files.ts'
import { invalid } from './slug.ts'

/** One of several ways to be let in, for whoever makes a partner: what it asks of the account. */
export interface WayIn {
  /** Its type; of a second one of the same type, `<type>-2`. */
  id: string
  type: OneAuth['type']
  /** Credentials and parameters that it names. */
  names: string[]
}

export function waysIn(auth: Auth): WayIn[] {
  const seen = new Map<string, number>()
  return waysOf(auth).map(({ way }) => {
    const nth = (seen.get(way.type) ?? 0) + 1
    seen.set(way.type, nth)
    return { id: nth === 1 ? way.type : `${way.type}-${nth}`, type: way.type, names: namesOf(way) }
  })
}

/**
 * The manifest with one of its ways alone, and without the credentials and parameters that only the others name.
 * @throws CartageError invalid `partner.field` for a way that is none
 */
export function withWay(manifest: Manifest, id: string, files: Files): Manifest {
  const { auth, credentials = [], parameters = [], ...rest } = manifest
  const ways = waysIn(auth)
  const index = ways.findIndex((way) => way.id === id)
  if (index < 0) throw invalid('partner.field', 'way', `must be one of ${ways.map((way) => way.id).join(', ')}`)
  const kept = ways[index]!.names
  const mappings = Object.entries(files).filter(([path]) => path.startsWith('map/'))
  const elsewhere = JSON.stringify([rest, mappings])
  const others = ways.flatMap(({ names }) => names).filter((name) => !kept.includes(name))
  const isOurs = ({ name }: { name: string }) => !others.includes(name) || new RegExp(`\\b${name}\\b`).test(elsewhere)
  return {
    ...manifest,
    auth: waysOf(auth)[index]!.way,
    credentials: credentials.filter(isOurs),
    parameters: parameters.filter(isOurs),
  }
}

function namesOf(way: OneAuth): string[] {
  const given = namesGivenBy(way)
  const { optional: _optional, ...certificate } = way.mtls ?? {}
  const texts = textsOf({ at: '', way }).flatMap(([, text]) => namesIn(text))
  return [...new Set([...texts.filter((name) => !given.includes(name)), ...Object.values(certificate)])]
}
