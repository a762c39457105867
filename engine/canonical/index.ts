/** The canonical model: what everything outside `engine/canonical/` imports. */
export { type CloudEvent, cloudEvent, type EnvelopeInput, envelope } from './envelope.ts'
export { personalPaths } from './personal.ts'
export { distanceKm, type PositionFlag, positionFlags } from './plausibility.ts'
export { ENTITIES, type Entity, entityOf, readSchema, type Schema, schemaId } from './schemas.ts'
export * from './taxonomy.ts'
export type * from './types.ts'
export { type Issue, validate, validateEnvelope, validatorWith } from './validate.ts'
