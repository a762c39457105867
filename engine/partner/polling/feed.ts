import { CartageError } from '../../errors.ts'
import type { Json } from '../../json.ts'
import type { Page } from '../paging.ts'
import { inputOf, type Poll, type Polled, readPages } from './poll.ts'
import { PollStates, type PollState } from './state.ts'

/** A long reading gives way to the clock now and then: a pause or a stop need not wait for its end. */
const PAGES_AT_A_GO = 20
/** Failures in a row after which the place inside a reading may be what fails. */
const GIVES_UP_AFTER = 3

/** Asks for what is new: from a cursor, since a time, or whatever there is. */
export async function pollFeed(poll: Poll): Promise<Polled> {
  const { polling, profile, documents, clock } = poll
  const states = new PollStates(documents)
  let { state, version } = await states.read(profile.id)
  const save = async (next: PollState) => {
    version = await states.write(profile.id, next, version)
    state = next
  }
  const now = new Date(clock.now()).toISOString()
  const { reading } = state
  const began = reading?.began ?? now
  const input = await inputOf(poll, { state, since: sinceOf(poll, state) })
  try {
    return await readPages(poll, {
      input,
      mark: reading?.mark,
      atMost: PAGES_AT_A_GO,
      etag: polling.etag && !reading ? state.etag : undefined,
      stored: async (page, items) => save(await advanced(poll, state, { page, items, began })),
    })
  } catch (error) {
    // A place inside a reading that the partner does not know any more: the reading begins anew, and what is known stays known.
    const refused = error instanceof CartageError && error.category === 'refused'
    if (reading && (refused || state.failures >= GIVES_UP_AFTER)) {
      const { reading: _lost, ...rest } = state
      await save(rest)
    }
    throw error
  }
}

function sinceOf({ polling: { since }, clock }: Poll, state: PollState): string | undefined {
  if (!since) return undefined
  const from = state.since ? Date.parse(state.since) : clock.now() - since.initialSeconds * 1000
  return new Date(state.since ? from - since.overlapSeconds * 1000 : from).toISOString()
}

/** The state once a page is stored. A time is reached when all pages are: nobody promises that they come in its order. */
async function advanced(
  poll: Poll,
  { reading, ...state }: PollState,
  { page, items, began }: { page: Page; items: Json[]; began: string },
): Promise<PollState> {
  const { polling, evaluate } = poll
  const next: PollState = { ...state }
  if (page.status === 304) return next
  if (polling.cursor !== undefined) {
    const cursor = await evaluate(polling.cursor, page.reading)
    if (typeof cursor === 'string' || typeof cursor === 'number') next.cursor = cursor
  }
  const etag = page.reading.headers.etag
  if (polling.etag && etag !== undefined && page.next === undefined) next.etag = etag
  const latest = await latestOf(poll, items, reading?.latest ?? state.since)
  // Where a cursor says where to go on, no place inside a reading is needed.
  if (page.next !== undefined && polling.cursor === undefined)
    return { ...next, reading: { mark: page.next, began, ...(latest !== undefined && { latest }) } }
  if (polling.since && page.next === undefined) {
    const until = polling.since.at === undefined ? began : latest
    // An item from the future would make us deaf until then.
    if (until !== undefined) next.since = Date.parse(until) < Date.parse(began) ? until : began
  }
  return next
}

/** The latest change among the items and what was reached before. */
async function latestOf(
  { polling, evaluate, params }: Poll,
  items: Json[],
  before: string | undefined,
): Promise<string | undefined> {
  let latest = before
  for (const body of polling.since?.at === undefined ? [] : items) {
    const at = await evaluate(polling.since!.at!, { body, params })
    const time = typeof at === 'string' || typeof at === 'number' ? new Date(at).getTime() : Number.NaN
    if (!Number.isNaN(time) && (latest === undefined || time > Date.parse(latest)))
      latest = new Date(time).toISOString()
  }
  return latest
}
