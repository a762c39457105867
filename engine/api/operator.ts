import type { Call } from './call.ts'
import { noQuery } from './reads.ts'
import type { Reply } from './reply.ts'

/** What waits, is under way and is dead, per subscription. */
export async function getChannels(call: Call): Promise<Reply> {
  noQuery(call)
  const counts = await call.deps.messages.counts()
  const items = counts.map(({ oldestAt, ...count }) => ({
    ...count,
    ...(oldestAt === undefined ? {} : { oldestAt: new Date(oldestAt).toISOString() }),
  }))
  return { status: 200, body: { items } }
}
