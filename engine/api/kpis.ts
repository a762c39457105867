import { periodOf } from '../kpi/period.ts'
import { KpiRecords } from '../kpi/records.ts'
import type { Call } from './call.ts'
import { readQuery } from './query.ts'
import type { Reply } from './reply.ts'

/** The figures of a period; without one, of the last 28 days. No personal data is in them. */
export async function getKpis(call: Call): Promise<Reply> {
  const { documents, clock } = call.deps
  const asked = readQuery(call.req.url ?? '', ['from', 'to'])
  return { status: 200, body: await new KpiRecords({ documents, clock }).figures(periodOf(asked, clock.now())) }
}
