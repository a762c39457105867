import { bytes, headersText, identifier, jsonText, MAX_RAW, partnerOf, text } from './arguments.ts'
import type { NewMessage } from './ports.ts'

/** A message to be stored: checked, copied and as text. */
export interface IncomingMessage {
  id: string
  channel: string
  key: string
  correlationId: string
  headers: string
  partner: string
  payload: string
  raw: Uint8Array | undefined
}

export function prepare(message: NewMessage): IncomingMessage {
  return {
    id: identifier(message.id, 'id'),
    channel: identifier(message.channel, 'channel'),
    key: text(message.key, 'key'),
    correlationId: text(message.correlationId, 'correlationId'),
    headers: headersText(message.headers, 'headers'),
    partner: partnerOf(message.headers),
    payload: jsonText(message.payload, 'payload'),
    raw: message.raw && bytes(message.raw, 'raw', MAX_RAW),
  }
}
