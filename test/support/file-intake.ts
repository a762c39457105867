import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { CartageError } from '../../engine/errors.ts'
import { FileIntake, type FileIntakeDeps, type Looked } from '../../engine/files/intake.ts'
import { LocalPlace } from '../../engine/files/local-place.ts'
import type { FilesIn } from '../../engine/files/types.ts'
import type { Json } from '../../engine/json.ts'
import type { Message, Store } from '../../engine/store/ports.ts'
import type { SettableClock } from './clock.ts'

export const BOX: FilesIn = { name: 'status', folder: 'in', pattern: '*.csv', format: 'csv' }

/** A row whose `weight` is no number is refused, as by a mapping that asks for one. */
async function checkWeight(body: Json): Promise<void> {
  const [row] = (body as { rows?: { weight?: string }[] }).rows ?? []
  if (row && !/^\d+$/.test(row.weight ?? ''))
    throw new CartageError('invalid', 'mapping.result', 'the weight is no number', {
      field: 'parcels[0].weightGrams',
      issues: [{ field: 'parcels[0].weightGrams', message: 'must be number' }],
    })
}

/** A box in a folder, on a real store. */
export interface FileBench {
  intake: FileIntake
  /** Where the partner's folders are. */
  root: string
  /** Leaves a file for the hub, whole. */
  leave(name: string, content: string | Uint8Array, at?: number): void
  /** Two of them: the first sees, the second takes. */
  looks(): Promise<Looked>
  /** What lies in a folder, by name. */
  files(folder: string): string[]
  read(path: string): string
  /** What was stored for the flow. */
  stored(): Promise<Message[]>
}

/** Enough for every test that is not about it. */
export const MAX_BYTES = 64 * 1024 * 1024

const CHANNEL = 'files.acme.status'

export function fileBench(
  { store, clock, folder }: { store: Store; clock: SettableClock; folder: string },
  box: Partial<FilesIn> = {},
  deps: Partial<FileIntakeDeps> = {},
): FileBench {
  const root = join(folder, 'partner')
  const asked = { ...BOX, ...box }
  const intake = new FileIntake({
    ...{ partner: 'acme', box: asked, format: asked.format ?? 'csv', channel: CHANNEL, spool: join(folder, 'spool') },
    open: async () => new LocalPlace(root),
    maxBytes: MAX_BYTES,
    documents: store.documents,
    clock,
    publish: (messages) => store.messages.append(messages),
    check: checkWeight,
    keyOf: async (body) => (body as { rows?: { ref?: string }[] }).rows?.[0]?.ref,
    ...deps,
  })
  return {
    intake,
    root,
    leave(name, content, at = clock.now()) {
      const path = join(root, asked.folder, name)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, content)
      utimesSync(path, at / 1000, at / 1000)
    },
    async looks() {
      const [first, second] = [await intake.look(), await intake.look()]
      return { ...second, taken: [...first.taken, ...second.taken], failed: [...first.failed, ...second.failed] }
    },
    files: (name) => readdirSafe(join(root, asked.folder, name)),
    read: (path) => readFileSync(join(root, asked.folder, path), 'utf8'),
    stored: () => storedOn(store, CHANNEL),
  }
}

/** Everything on a channel, in the order of acceptance. */
export async function storedOn(store: Store, channel: string): Promise<Message[]> {
  const subscription = `seen ${channel}`
  await store.messages.subscribe(channel, subscription)
  const found: Message[] = []
  for (;;) {
    const deliveries = await store.messages.claim(subscription, { limit: 1000, leaseMs: 60_000 })
    if (deliveries.length === 0) break
    found.push(...deliveries.map(({ message }) => message))
    await Promise.all(deliveries.map((delivery) => store.messages.settle(delivery)))
  }
  return found
}

function readdirSafe(folder: string): string[] {
  try {
    return readdirSync(folder).sort()
  } catch {
    return []
  }
}
