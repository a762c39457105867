import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { CartageError } from '../errors.ts'
import { type Progress, type StorePlace, storeCopies } from '../store/backup.ts'
import type { Clock } from '../store/ports.ts'
import { type BackupConfig, partsOf } from './backup.ts'
import { copySynced, filesUnder, move, sha256Of } from './files.ts'
import { type Contents, fingerprint, type Manifest, verify } from './manifest.ts'

export interface RestoreOptions {
  clock: Clock
  progress: Progress
  /** Move what is there aside instead of refusing. */
  replace: boolean
}

export interface Restored {
  manifest: Manifest
  /** Where the data from before is, if there was any. */
  aside?: string
}

/** Something of the backup and where it goes. */
interface Place extends StorePlace {
  /** Files of the backup that belong there; one that is a file itself has an empty path inside. */
  files: { from: string; inside: string }[]
}

/**
 * Puts a backup in the place of the hub's data. The backup is checked in full before anything is touched, nothing is
 * deleted, and no hub can start meanwhile.
 */
export async function restoreBackup(config: BackupConfig, folder: string, options: RestoreOptions): Promise<Restored> {
  const copies = await storeCopies(config.store)
  const unlock = copies.lock()
  try {
    const { manifest, contents } = await verify(folder, options.progress)
    await copies.check(join(folder, 'store'))
    requireKey(config, folder, manifest, contents)
    const places = await changedPlaces(placesOf(config, copies.places, folder, contents))
    const taken = places.filter(isTaken).map(({ target }) => target)
    if (taken.length > 0 && !options.replace) throw inTheWay(taken)
    await stage(places, options.progress)
    const aside = taken.length > 0 ? join(config.dataDir, `replaced-${stamp(options.clock)}`) : undefined
    for (const place of places) {
      if (aside !== undefined) await putAside(place, aside)
      if (existsSync(staged(place))) await move(staged(place), place.target)
    }
    return { manifest, ...(aside !== undefined && { aside }) }
  } finally {
    unlock()
  }
}

/** Without its key what is sealed in the backup could never be read again, and that would show much later. */
function requireKey(config: BackupConfig, folder: string, manifest: Manifest, contents: Contents): void {
  const key = contents.includes('secrets.json')
    ? (JSON.parse(readFileSync(join(folder, 'secrets.json'), 'utf8')) as { encryptionKey: string }).encryptionKey
    : config.encryptionKey
  if (fingerprint(key) === manifest.encryptionKey) return
  throw new CartageError(
    'refused',
    'backup.key',
    'The backup was made with another CARTAGE_ENCRYPTION_KEY; set that one (or put its secrets.json into the data folder) and restore again.',
  )
}

function placesOf(config: BackupConfig, store: StorePlace[], folder: string, contents: Contents): Place[] {
  const others = Object.entries(partsOf(config)).map(([part, target]) => ({ part, target, companions: [] }))
  const places = [...store.map((place) => ({ ...place, part: `store/${place.part}` })), ...others]
  return places.map((place) => ({
    ...place,
    files: contents
      .filter((path) => path === place.part || path.startsWith(`${place.part}/`))
      .map((path) => ({ from: join(folder, path), inside: path.slice(place.part.length + 1) })),
  }))
}

/** What the backup says nothing of stays as it is, and so does what is the same already. Of the store nothing may stay. */
async function changedPlaces(places: Place[]): Promise<Place[]> {
  const changed: Place[] = []
  for (const place of places) {
    const ofStore = place.part.startsWith('store/')
    if (ofStore || (place.files.length > 0 && !(isThere(place.target) && (await isSame(place))))) changed.push(place)
  }
  return changed
}

const isTaken = ({ target, companions }: Place) => [target, ...companions].some(isThere)

function isThere(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false })
  return found !== undefined && (!found.isDirectory() || readdirSync(path).length > 0)
}

/** The flows as they were shipped, say, need not be moved out of the way. */
async function isSame({ target, files }: Place): Promise<boolean> {
  const there = new Set<string>()
  if (statSync(target).isDirectory()) for await (const path of filesUnder(target)) there.add(path)
  else there.add('')
  if (there.size !== files.length) return false
  for (const { from, inside } of files)
    if (!there.has(inside) || (await sha256Of(from)) !== (await sha256Of(join(target, inside)))) return false
  return true
}

function inTheWay(taken: string[]): CartageError {
  return new CartageError(
    'refused',
    'backup.in-the-way',
    `There is data already: ${taken.join(', ')}. With --replace it is moved aside, into a folder of the data folder.`,
  )
}

const staged = ({ target }: Place) => `${target}.restoring`

/** Copies everything beside its place first: what takes long, or finds the disk full, happens while nothing is changed. */
async function stage(places: Place[], progress: Progress): Promise<void> {
  const all = places.reduce((sum, { files }) => sum + files.length, 0)
  let done = 0
  for (const place of places) {
    await rm(staged(place), { recursive: true, force: true })
    for (const { from, inside } of place.files) {
      await copySynced(from, join(staged(place), inside))
      progress('files restored', ++done, all)
    }
  }
}

/** Under the names that they had, so that a hub can be started on it: a database without its log is not the same. */
async function putAside({ part, target, companions }: Place, aside: string): Promise<void> {
  for (const path of [target, ...companions])
    if (existsSync(path)) await move(path, join(aside, dirname(part), basename(path)))
}

const stamp = (clock: Clock) => new Date(clock.now()).toISOString().replaceAll(/[:.]/g, '-')
