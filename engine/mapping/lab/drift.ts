import { CartageError } from '../../errors.ts'
import type { AuditStore, DocumentStore } from '../../store/ports.ts'
import type { MappingWatch } from './watch.ts'
import { type Drift, DRIFT_KIND } from './watch-record.ts'

export interface DriftDeps {
  documents: DocumentStore
  audit: AuditStore
  watch: MappingWatch
}

const PAGE = 200

/** What is new or gone in what partners send, and not settled yet; of one partner or of all. */
export async function openDrift({ documents }: Pick<DriftDeps, 'documents'>, partner?: string): Promise<Drift[]> {
  const open: Drift[] = []
  let after = partner === undefined ? undefined : `${partner}/`
  for (;;) {
    const page = await documents.page<{ drift: Drift[] }>(DRIFT_KIND, { limit: PAGE, ...(after && { after }) })
    for (const { id, body } of page.items) {
      if (partner !== undefined && !id.startsWith(`${partner}/`)) return open
      open.push(...body.drift)
    }
    if (page.next === undefined) return open
    after = page.next
  }
}

/** For the metrics: by partner and kind. */
export async function driftCounts(
  documents: DocumentStore,
): Promise<{ partner: string; kind: string; fields: number }[]> {
  const counts = Map.groupBy(await openDrift({ documents }), ({ partner, kind }) => `${partner} ${kind}`)
  return [...counts.values()].map((list) => ({ partner: list[0]!.partner, kind: list[0]!.kind, fields: list.length }))
}

export interface Settlement {
  partner: string
  mapping: string
  /** All of the mapping's when left out. */
  path?: string
  by: string
}

/** Somebody has taken note: what was new belongs to the payload from now on, what is gone is expected no more. */
export async function settleDrift(deps: DriftDeps, { partner, mapping, path, by }: Settlement): Promise<Drift[]> {
  const chosen = (await openDrift(deps, partner)).filter(
    (one) => one.mapping === mapping && (path === undefined || one.path === path),
  )
  if (chosen.length === 0)
    throw new CartageError('invalid', 'drift.unknown', 'there is no such drift to settle', { field: 'path' })
  const pathsOf = (kind: Drift['kind']) => chosen.filter((one) => one.kind === kind).map((one) => one.path)
  const [fresh, gone] = [pathsOf('new'), new Set(pathsOf('gone'))]
  await deps.audit.append({
    actor: by,
    action: 'mapping.drift-settle',
    subject: `${partner}/${mapping}`,
    details: { new: fresh, gone: [...gone] },
  })
  const { drift } = await deps.watch.update(partner, mapping, (record) => ({
    ...record,
    known: [...new Set([...record.known.filter((one) => !gone.has(one)), ...fresh])],
    paths: Object.fromEntries(Object.entries(record.paths).filter(([one]) => !gone.has(one))),
  }))
  return drift
}
