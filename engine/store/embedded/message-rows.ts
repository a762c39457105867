import type { Json } from '../../json.ts'
import type { UnreadMessage } from './bodies.ts'
import type { Database } from './database.ts'

export interface MessageRow {
  seq: number
  id: string
  channel: string
  key: string
  payload: string
  headers: string
  correlationId: string
  acceptedAt: number
  raw: Uint8Array | null
  body: string | null
  bodyHash: string | null
}

const COLUMNS =
  'seq, id, channel, key, payload, headers, correlation_id AS correlationId, accepted_at AS acceptedAt, raw, body, body_hash AS bodyHash'

/** Stands for a payload whose text is what the raw bytes say, as with most webhooks: it is kept once. No JSON text is empty. */
const SAME_AS_RAW = ''

/** What is written for a payload beside these raw bytes in the same row. */
export function payloadColumn(payload: string, raw: Uint8Array | undefined): string {
  const same = raw !== undefined && raw.length >= payload.length && Buffer.from(payload).equals(raw)
  return same ? SAME_AS_RAW : payload
}

export function messageById(database: Database, id: string): MessageRow | undefined {
  const row = database.get<MessageRow>(`SELECT ${COLUMNS} FROM messages WHERE id = ?`, id)
  return row && withPayload(row)
}

export function messageBySeq(database: Database, seq: number): MessageRow {
  return withPayload(database.get<MessageRow>(`SELECT ${COLUMNS} FROM messages WHERE seq = ?`, seq)!)
}

function withPayload(row: MessageRow): MessageRow {
  if (row.payload === SAME_AS_RAW && row.raw !== null) row.payload = Buffer.from(row.raw).toString()
  return row
}

/** The row as callers see it; `payload` is the corrected one of a repaired delivery. */
export function toMessage(row: MessageRow, payload: string | null = null): UnreadMessage {
  const { raw, body, bodyHash, ...rest } = row
  const message: UnreadMessage = {
    ...rest,
    payload: JSON.parse(payload ?? row.payload) as Json,
    headers: JSON.parse(row.headers) as Record<string, string>,
  }
  if (raw !== null) message.raw = raw
  if (body !== null && bodyHash !== null) message.body = { name: body, hash: bodyHash }
  return message
}

/** Bytes of a message, known without reading them; a body in a file of its own counts as a megabyte. */
export function messageSize(database: Database, seq: number): number {
  const row = database.get<{ bytes: number }>(
    `SELECT octet_length(payload) + ifnull(octet_length(raw), 0) + iif(body IS NULL, 0, 1048576) AS bytes
     FROM messages WHERE seq = ?`,
    seq,
  )
  return row?.bytes ?? 0
}
