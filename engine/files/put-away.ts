import { CartageError } from '../errors.ts'
import type { Place } from './place.ts'

/** How many names are tried before something else must be wrong. */
const MAX_NAMES = 100

/**
 * Moves a settled file to its folder, never in place of another: where its name is taken, its content's hash stands in it, and then
 * a number.
 */
export async function putAway(
  place: Place,
  path: string,
  { folder, name, hash }: { folder: string; name: string; hash: string },
): Promise<void> {
  for (const candidate of namesFor(name, hash))
    if ((await place.move(path, `${folder}/${candidate}`)) !== 'taken') return
  throw new CartageError('transient', 'files.names', `every name for ${name} in ${folder} is taken`)
}

/** `status.csv`, `status.1a2b3c4d.csv`, `status.1a2b3c4d.2.csv` and so on. */
export function* namesFor(name: string, hash: string): Generator<string> {
  const dot = name.lastIndexOf('.')
  const [stem, ending] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, '']
  const short = `${stem.slice(0, 200)}.${hash.slice(0, 8)}`
  yield name
  yield `${short}${ending}`
  for (let number = 2; number < MAX_NAMES; number++) yield `${short}.${number}${ending}`
}
