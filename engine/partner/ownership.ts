import { readSchema, type Entity, type Schema } from '../canonical/schemas.ts'
import type { EventType } from '../canonical/types.ts'
import { isObject } from './answer.ts'
import type { Json, JsonObject } from '../json.ts'
import type { PartnerKind } from './profile-types.ts'

/** Systems that are the source of truth for fields: `x-owner` of the canonical schemas. */
export type Owner = 'erp' | 'wms' | 'planner' | 'courier' | 'telematics' | 'crm' | 'hub'

/**
 * Whose fields a kind of partner may set by what it tells. Couriers' telephones say where they are, planners and vehicles how the
 * delivery goes. An interchange stands for whoever sends it, and a remittance for the courier that collected.
 */
const SAYS: Readonly<Record<PartnerKind, readonly Owner[]>> = {
  courier: ['courier', 'telematics'],
  planner: ['planner', 'courier', 'telematics'],
  telematics: ['telematics', 'courier'],
  erp: ['erp'],
  wms: ['wms'],
  crm: ['crm'],
  edi: ['erp', 'wms', 'courier', 'telematics'],
  accounting: ['courier'],
  geocoder: [],
  messaging: [],
}

/** An ERP that keeps a warehouse of its own is the warehouse's system as well, of what it picked. */
const SAYS_TOO: Partial<Record<PartnerKind, Partial<Record<Entity, readonly Owner[]>>>> = {
  erp: { 'fulfilment-order': ['wms'] },
}

/** Of a delivery, who does not carry it tells only what happens in its own house. */
const HOUSE_EVENTS: Partial<Record<PartnerKind, readonly EventType[]>> = {
  erp: ['shipment.created', 'shipment.cancelled', 'pickup.completed', 'return.started', 'status.unmapped'],
  wms: ['shipment.cancelled', 'pickup.completed', 'shipment.damaged', 'status.unmapped'],
}

/** Fields of a document that a partner of this kind told, though another system owns them; paths, each once. */
export function foreignFields(kind: PartnerKind, entity: Entity, document: JsonObject): string[] {
  const events = HOUSE_EVENTS[kind]
  if (entity === 'delivery-event' && events) return events.includes(document.type as EventType) ? [] : ['type']
  const owners = [...SAYS[kind], ...(SAYS_TOO[kind]?.[entity] ?? [])]
  return [...new Set(foreign(document, readSchema(entity), owners, ''))].sort()
}

/** Who else than the partner itself and the hub owns a field of a canonical document; nobody where it only says what is meant. */
export function ownerOf(kind: PartnerKind, entity: Entity, field: string): Owner | undefined {
  const schema = readSchema(entity).properties?.[field]
  const owner = schema?.['x-owner'] as Owner | undefined
  return owner === undefined || schema?.['x-names'] === true || owner === 'hub' || SAYS[kind].includes(owner)
    ? undefined
    : owner
}

function foreign(document: JsonObject, schema: Schema, owners: readonly Owner[], path: string): string[] {
  return Object.entries(document).flatMap(([name, value]) => {
    const field = schema.properties?.[name]
    // What the schema does not know is refused by it.
    if (field === undefined || field['x-names'] === true) return []
    const inner = innerOf(field)
    if (inner)
      return [value]
        .flat()
        .flatMap((one: Json) => (isObject(one) ? foreign(one, inner, owners, `${path}${name}.`) : []))
    const owner = field['x-owner'] as Owner
    return owner === 'hub' || owners.includes(owner) ? [] : [path + name]
  })
}

/** An object or list whose own fields have owners; a part that is written once for many belongs to whoever has the field. */
function innerOf(field: Schema): Schema | undefined {
  if (field.properties) return field
  return field.items?.properties ? field.items : undefined
}
