import { type Entry, isPlainName, type Place } from './place.ts'
import type { FilesIn } from './types.ts'

/** Where a file is while it is taken in, in its folder. */
const CLAIMED = '.taking'

type Box = Pick<FilesIn, 'folder' | 'after' | 'trigger'>

/**
 * Moves a file aside before it is read: what the partner leaves under the same name meanwhile is another file. Gives its path;
 * undefined when it is gone, or when one of its name is not done yet. Where nothing may be moved it is read where it is.
 */
export async function claim(
  place: Place,
  { folder, after, trigger }: Box,
  { name }: Entry,
): Promise<string | undefined> {
  if (after === 'mark') return `${folder}/${name}`
  const claimed = `${folder}/${CLAIMED}/${name}`
  if ((await place.move(`${folder}/${name}`, claimed)) !== 'moved') return undefined
  if (trigger !== undefined) await place.remove(`${folder}/${name}${trigger}`)
  return claimed
}

/** What was claimed earlier and never came to its end. */
export async function leftBehind(place: Place, { folder, after }: Box): Promise<{ entry: Entry; path: string }[]> {
  if (after === 'mark') return []
  const entries = await place.list(`${folder}/${CLAIMED}`)
  return entries
    .filter(({ kind, name }) => kind === 'file' && isPlainName(name))
    .map((entry) => ({ entry, path: `${folder}/${CLAIMED}/${entry.name}` }))
}

/** Whether a claimed file is another than what was read of it: a claim does not take it out of the hands of who has it open. */
export async function hasGrown(place: Place, { folder }: Box, { name }: Entry, size: number): Promise<boolean> {
  const entry = (await place.list(`${folder}/${CLAIMED}`)).find((one) => one.name === name)
  return entry !== undefined && entry.size !== size
}
