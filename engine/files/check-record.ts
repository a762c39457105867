import type { Json } from '../json.ts'
import type { Evaluator } from '../mapping/evaluate.ts'
import { mapEntities, mapEvents } from '../mapping/map-events.ts'
import type { Profile } from '../partner/profile-types.ts'

/** Throws why a record of this document cannot be mapped, as the mapper in the flow will; without a document nothing is known of it. */
export function recordCheck(
  profile: Profile,
  document: string | undefined,
  evaluator: Evaluator,
  params: Readonly<Record<string, string>>,
): (body: Json, receivedAt: string) => Promise<void> {
  const declared = document === undefined ? undefined : profile.documents?.[document]
  if (!declared) return async () => {}
  return async (body, receivedAt) => {
    // Read anew each time: people change mappings while the hub runs.
    const mappingSource = profile.mappings[declared.mapping] ?? ''
    const job = { profile, mappingSource, body, headers: {}, params, context: { receivedAt, correlationId: '' } }
    if (declared.entity === 'delivery-event') await mapEvents(evaluator, job)
    else await mapEntities(evaluator, job)
  }
}
