import { CartageError } from '../errors.ts'
import type { Place } from './place.ts'
import type { FilesIn } from './types.ts'

/** How many names are tried before something else must be wrong. */
const MAX_NAMES = 100

/**
 * Moves a settled file to `done/` or `failed/` beside it, never in place of another: where its name is taken, its content's hash
 * stands in it, and then a number. The file that said that it is whole goes with it.
 */
export async function putAway(
  place: Place,
  { folder, trigger }: Pick<FilesIn, 'folder' | 'trigger'>,
  name: string,
  to: { folder: 'done' | 'failed'; hash: string },
): Promise<void> {
  for (const candidate of namesFor(name, to.hash)) {
    const moved = await place.move(`${folder}/${name}`, `${folder}/${to.folder}/${candidate}`)
    if (moved === 'taken') continue
    if (trigger !== undefined) await place.remove(`${folder}/${name}${trigger}`)
    return
  }
  throw new CartageError('transient', 'files.names', `every name for ${name} in ${to.folder}/ is taken`)
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
