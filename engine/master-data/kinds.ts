import type { Customer, Item, MasterBatch, ReasonCode, ServiceTerms } from '../canonical/types.ts'

/** One kind of master data: what its records are called in a batch, and by what a record is known. */
interface Kind<T> {
  list: keyof Omit<MasterBatch, 'batchId'>
  idOf: (record: T) => string
}

export interface MasterRecords {
  customers: Customer
  items: Item
  'service-levels': ServiceTerms
  'reason-codes': ReasonCode
}

/** As in the address of the API: `/api/v1/master-data/customers`. */
export type MasterKind = keyof MasterRecords

export const MASTER_KINDS: { readonly [K in MasterKind]: Kind<MasterRecords[K]> } = {
  customers: { list: 'customers', idOf: ({ customerId }) => customerId },
  items: { list: 'items', idOf: ({ sku }) => sku },
  'service-levels': { list: 'serviceLevels', idOf: ({ serviceLevel }) => serviceLevel },
  'reason-codes': { list: 'reasonCodes', idOf: ({ system, code }) => reasonCodeId(system, code) },
}

/** The same code may mean another thing to another system. */
export function reasonCodeId(system: string, code: string): string {
  return `${system}:${code}`
}

export function isMasterKind(name: string): name is MasterKind {
  return Object.hasOwn(MASTER_KINDS, name)
}

export interface KeptRecord {
  kind: MasterKind
  id: string
  record: MasterRecords[MasterKind]
}

/** Every record of a valid batch, with the kind and the id under which it is kept. */
export function recordsIn(batch: MasterBatch): KeptRecord[] {
  return (Object.keys(MASTER_KINDS) as MasterKind[]).flatMap((kind) => {
    const { list, idOf } = MASTER_KINDS[kind] as Kind<MasterRecords[MasterKind]>
    return (batch[list] ?? []).map((record) => ({ kind, id: idOf(record).normalize('NFC'), record }))
  })
}
