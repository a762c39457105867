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

/** Kinds whose webhooks and documents tell events of shipments where nothing else is said. */
const TELL_EVENTS: readonly PartnerKind[] = ['courier', 'telematics', 'planner']
const EVENT = 'delivery-event'

/** What the tab of a partner has: everything that it is told and tells us; where there is nothing, how it is asked. */
export function rowsOf(profile: Profile): Row[] {
  const rows = [...webhook(profile), ...mqtt(profile), ...documents(profile, 'in'), ...documents(profile, 'out')]
  const [operation] = Object.keys(profile.operations)
  if (rows.length > 0 || operation === undefined) return rows
  return [{ id: 'call', piece: 'call', words: { operation, channel: `partners.${profile.id}.${operation}` } }]
}

function webhook({ id, kind, webhook: declared }: Profile): Row[] {
  if (!declared) return []
  const entity = declared.entity ?? (TELL_EVENTS.includes(kind) ? EVENT : 'fulfilment-order')
  const words = { entity, mapping: fileOf(declared.mapping), channel: `partners.${id}` }
  if (entity === EVENT) return [{ id: 'webhook', piece: 'webhook-events', words }]
  return [{ id: 'webhook', piece: kind === 'wms' ? 'webhook-warehouse' : 'webhook-records', words }]
}

function mqtt({ mqtt: declared }: Profile): Row[] {
  return declared ? [{ id: 'mqtt', piece: 'mqtt', words: {} }] : []
}

function documents({ id, documents: declared = {} }: Profile, direction: PartnerDocument['direction']): Row[] {
  return Object.entries(declared)
    .filter(([, document]) => document.direction === direction)
    .map(([name, { entity, mapping }]) => {
      const events = entity === EVENT ? 'document-events' : 'document-records'
      const words = { entity, mapping: fileOf(mapping), channel: `partners.${id}.${name}` }
      return { id: `document-${name}`, piece: direction === 'in' ? events : 'document-out', words }
    })
}

function fileOf(mapping: string): string {
  return mapping.replace(/^map\//, '')
}
