import type { PartnerDocument, PartnerKind, Profile } from '../profile-types.ts'

/** One way in which a partner and we talk, and the piece of a tab that serves it. */
export interface Row {
  /** Unique on the tab. */
  id: string
  /** Name of the file below `templates/flows`. */
  piece: string
  /** What stands for `{word}` in it. */
  words: Record<string, string>
}

/** Kinds that tell events of shipments where nothing else is said. */
const TELL_EVENTS: readonly PartnerKind[] = ['courier', 'telematics', 'planner']
const EVENT = 'delivery-event'
/** The files in which interchanges that came in are acknowledged. */
const REPLIES = 'acknowledgements'

/** What the tab of a partner has: everything that it is told and tells us; where there is nothing, how it is asked. */
export function rowsOf(profile: Profile): Row[] {
  const told = [...webhook(profile), ...polling(profile), ...mqtt(profile)]
  const rows = [
    ...told,
    ...filesIn(profile),
    ...documents(profile, 'in'),
    ...filesOut(profile),
    ...documents(profile, 'out'),
  ]
  const [operation] = Object.keys(profile.operations)
  if (rows.length > 0 || operation === undefined) return rows
  return [{ id: 'call', piece: 'call', words: { operation, channel: `partners.${profile.id}.${operation}` } }]
}

function webhook({ id, kind, webhook: declared }: Profile): Row[] {
  if (!declared) return []
  const entity = declared.entity ?? usual(kind)
  const words = { entity, mapping: fileOf(declared.mapping), channel: `partners.${id}` }
  if (entity === EVENT) return [{ id: 'webhook', piece: 'webhook-events', words }]
  return [{ id: 'webhook', piece: kind === 'wms' ? 'webhook-warehouse' : 'webhook-records', words }]
}

function polling({ id, kind, polling: declared }: Profile): Row[] {
  if (!declared) return []
  const entity = declared.entity ?? usual(kind)
  const words = { entity, mapping: fileOf(declared.mapping), channel: `partners.${id}.polled` }
  return [{ id: 'poll', piece: entity === EVENT ? 'poll-events' : 'poll-records', words }]
}

function mqtt({ mqtt: declared }: Profile): Row[] {
  return declared ? [{ id: 'mqtt', piece: 'mqtt', words: {} }] : []
}

function filesIn({ id, files, documents: declared = {} }: Profile): Row[] {
  return (files?.in ?? []).flatMap(({ name: box, document = '' }): Row[] => {
    const known = declared[document]
    // Interchanges hold several kinds of documents: each goes on to the piece that maps it.
    if (!known)
      return [{ id: `file-${box}`, piece: 'file-edi', words: { box, replies: REPLIES, channel: `partners.${id}` } }]
    const words = { box, entity: known.entity, mapping: fileOf(known.mapping), channel: `partners.${id}.${document}` }
    return [{ id: `file-${box}`, piece: known.entity === EVENT ? 'file-events' : 'file-records', words }]
  })
}

function filesOut({ id, files, documents: declared = {} }: Profile): Row[] {
  return (files?.out ?? []).flatMap(({ name: box, document = '' }): Row[] => {
    const known = declared[document]
    if (!known) return []
    const words = { box, entity: known.entity, mapping: fileOf(known.mapping), channel: `partners.${id}.${document}` }
    return [{ id: `file-${box}`, piece: known.message === undefined ? 'file-out' : 'edi-out', words }]
  })
}

/** Those that are exchanged by other ways than files of their own: in interchanges, over a bus of the house, by another flow. */
function documents({ id, files, documents: declared = {} }: Profile, direction: PartnerDocument['direction']): Row[] {
  const interchanges = files?.out?.find(({ name, document }) => document === undefined && name !== REPLIES)
  const inFiles = new Set((direction === 'in' ? files?.in : files?.out)?.map(({ document }) => document))
  return Object.entries(declared)
    .filter(([name, document]) => document.direction === direction && !inFiles.has(name))
    .map(([name, { entity, mapping, message }]) => {
      const events = entity === EVENT ? 'document-events' : 'document-records'
      const words = { entity, mapping: fileOf(mapping), channel: `partners.${id}.${name}` }
      if (direction === 'out' && message !== undefined && interchanges)
        return { id: `document-${name}`, piece: 'edi-out', words: { ...words, box: interchanges.name } }
      return { id: `document-${name}`, piece: direction === 'in' ? events : 'document-out', words }
    })
}

function usual(kind: PartnerKind): string {
  return TELL_EVENTS.includes(kind) ? EVENT : 'fulfilment-order'
}

function fileOf(mapping: string): string {
  return mapping.replace(/^map\//, '')
}
