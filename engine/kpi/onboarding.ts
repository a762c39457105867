import { OWN_PARTNER_KIND, type OwnHead } from '../partner/registry/own-store.ts'
import { STATUS_KIND, type StatusRecord } from '../partner/registry/status.ts'
import { allDocuments } from '../store/all-documents.ts'
import type { DocumentStore } from '../store/ports.ts'
import type { Period } from './figures.ts'

/** How long each partner took that went live for the first time in the period: from when it was made, milliseconds. */
export async function onboardings(documents: DocumentStore, { from, to }: Period): Promise<number[]> {
  const [heads, statuses] = await Promise.all([
    allDocuments<Pick<OwnHead, 'createdAt'>>(documents, OWN_PARTNER_KIND),
    allDocuments<StatusRecord>(documents, STATUS_KIND),
  ])
  const steps = new Map(statuses.map(({ id, body }) => [id, body.history]))
  return heads.flatMap(({ id, body: { createdAt } }) => {
    const live = steps.get(id)?.find((step) => step.to === 'live' && step.at >= createdAt)
    return live && live.at >= from && live.at < to ? [live.at - createdAt] : []
  })
}
