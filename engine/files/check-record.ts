import type { Json } from '../json.ts'
import type { MasterBatch } from '../canonical/types.ts'
import { CartageError } from '../errors.ts'
import type { Evaluator } from '../mapping/evaluate.ts'
import { mapEntities, mapEvents } from '../mapping/map-events.ts'
import { issuesOf } from '../master-data/check.ts'
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
    else
      for (const { entity, value } of await mapEntities(evaluator, job))
        if (entity === 'master-batch') refuseRejects(value)
  }
}

/** What a schema cannot show of master data: zones that are none, ids that are given twice. */
function refuseRejects(batch: object): void {
  const issues = issuesOf(batch as MasterBatch)
  const [first] = issues
  if (first) throw new CartageError('invalid', 'master-data.rejected', first.message, { field: first.field, issues })
}
