import { deriveId } from '../delivery/ids.ts'
import { UNUSABLE_HEADER } from '../delivery/unusable.ts'
import { CartageError } from '../errors.ts'
import type { NewMessage } from '../store/ports.ts'
import type { FileRecord } from './records.ts'

/** Why a file or a record of it cannot be used. */
export type Reason = { code: string; message: string }

type Of = { partner: string; channel: string }
type File = { id: string; name: string }

/** Characters of a name in a message's headers. */
export const MAX_NAME = 255

/** A dead letter: somebody sees it, may correct it, and lets it go on. `what`: the row, or `file` for all of it. */
export function unusable(of: Of, file: File, what: string, reason: Reason, record?: FileRecord): NewMessage {
  const { channel } = of
  const id = deriveId('file-unusable', file.id, what)
  const body = record && 'body' in record ? record.body : undefined
  const raw = body === undefined ? undefined : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  const headers = {
    ...headersOf(of, file, record?.row ?? 0),
    [UNUSABLE_HEADER]: `${reason.code}: ${file.name.slice(0, 100)}, record ${what}: ${reason.message}`.slice(0, 500),
  }
  return { id, channel, key: id, payload: null, headers, correlationId: id, ...(raw && { raw }) }
}

export function headersOf({ partner }: Of, { name }: File, row: number): Record<string, string> {
  return { partner, intake: 'file', file: name.slice(0, MAX_NAME), row: String(row) }
}

export function reasonOf(error: unknown): Reason {
  const code = error instanceof CartageError ? error.code : 'bug'
  return { code, message: error instanceof Error ? error.message : String(error) }
}
