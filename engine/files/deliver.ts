import { createHash } from 'node:crypto'
import type { CrashPoint } from '../delivery/crash-points.ts'
import { CartageError } from '../errors.ts'
import type { Clock, DocumentStore } from '../store/ports.ts'
import { isPlainName, type Place } from './place.ts'
import { namesFor } from './put-away.ts'
import type { FilesOut } from './types.ts'

export const FILE_OUT_KIND = 'file-out'

/** `written`: it lies there under another name, and is about to be given its own. */
interface OutState {
  state: 'written'
  name: string
  hash: string
}

export interface FileToDeliver {
  /** Of the effect: the same however often it is tried. */
  id: string
  /** What it is about; may stand in its name. */
  key: string
  bytes: Uint8Array
}

export interface DeliveryDeps {
  box: FilesOut
  open: () => Promise<Place>
  documents: DocumentStore
  clock: Clock
  crash?: CrashPoint
}

/**
 * Leaves one file for the partner, once: written under a name that nobody picks up, noted, and then renamed. After a crash the
 * note and the file tell what is left to do, also when the partner took the file meanwhile. No file that is there is overwritten.
 */
export async function deliverFile(
  file: FileToDeliver,
  deps: DeliveryDeps,
): Promise<{ name: string; size: number; hash: string }> {
  const { box, documents, crash } = deps
  const hash = createHash('sha256').update(file.bytes).digest('hex')
  const done = (name: string) => ({ name, size: file.bytes.length, hash })
  const temporary = `${box.folder}/.${file.id}.tmp`
  const noted = await documents.get<OutState>(FILE_OUT_KIND, file.id)
  const place = await deps.open()
  try {
    // Noted and no longer there: it was renamed, and only the answer was lost.
    if (noted && (await place.hashOf(temporary)) === undefined) return done(noted.body.name)
    const name = noted?.body.name ?? nameOf(file, box, deps.clock.now())
    await place.put(temporary, file.bytes)
    crash?.('file.after-write')
    for (const [tried, candidate] of [...namesFor(name, hash)].entries()) {
      await note(documents, file.id, { state: 'written', name: candidate, hash })
      if (tried === 0) crash?.('file.after-note')
      const moved = await place.move(temporary, `${box.folder}/${candidate}`)
      if (moved === 'missing')
        throw new CartageError('transient', 'files.gone', 'the file that was just written is gone')
      if (moved === 'taken') continue
      crash?.('file.after-rename')
      return done(candidate)
    }
    throw new CartageError('transient', 'files.names', `every name for ${name} is taken`)
  } finally {
    await place.close()
  }
}

async function note(documents: DocumentStore, id: string, state: OutState): Promise<void> {
  const known = await documents.get<OutState>(FILE_OUT_KIND, id)
  await documents.put<OutState>(FILE_OUT_KIND, id, state, { expect: known?.version ?? 0 })
}

function nameOf({ id, key }: FileToDeliver, { fileName }: FilesOut, now: number): string {
  const time = new Date(now).toISOString().replace(/[-:]/g, '')
  const values: Record<string, string> = { id, key: key.replace(/[^A-Za-z0-9._-]+/g, '-').slice(0, 100) || id }
  values.date = time.slice(0, 8)
  values.time = time.slice(9, 15)
  const name = fileName
    .replace(/\{(id|key|date|time)\}/g, (_all, field: string) => values[field] ?? '')
    .replace(/^\.+/, '')
  if (!isPlainName(name))
    throw new CartageError('invalid', 'files.name', 'this is no name of a file', { field: 'fileName' })
  return name
}
