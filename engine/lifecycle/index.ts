/** The shipment's life: what everything outside `engine/lifecycle/` imports. */
export { ShipmentLifecycle } from './lifecycle.ts'
export type { Scope } from './ownership.ts'
export type { ParkedEvent } from './parking.ts'
export { normaliseReference, referencesOf } from './references.ts'
export type { Applied, ApplyResult, Change, Created, ParkedOutcome, Recorded } from './results.ts'
export { type Application, applyEvent, type CreationContext, newShipment, shipmentIdOf } from './shipment.ts'
