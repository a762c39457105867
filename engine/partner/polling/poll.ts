import type { CrashPoint } from '../../delivery/crash-points.ts'
import { CartageError } from '../../errors.ts'
import type { Json } from '../../json.ts'
import type { AppendOutcome, Clock, DocumentStore, NewMessage, TimerStore } from '../../store/ports.ts'
import type { PartnerClient } from '../client.ts'
import { inACircle, tooMuch } from '../pages.ts'
import { asList, type Page, type PageMark } from '../paging.ts'
import type { Polling } from '../polling-types.ts'
import type { Profile } from '../profile-types.ts'
import type { Evaluate } from '../template.ts'
import { type About, storeItems } from './items.ts'

export interface PollDeps {
  client: Pick<PartnerClient, 'page' | 'longestCallMs'>
  documents: DocumentStore
  timers: TimerStore
  publish: (messages: NewMessage[]) => Promise<AppendOutcome[]>
  evaluate: Evaluate
  clock: Clock
  crash: CrashPoint
  /** The account's parameters. */
  params: Readonly<Record<string, string>>
  /** The channel that items are stored on. */
  channel: string
  /** Ends an asking that nobody waits for any more. */
  signal?: AbortSignal
}

/** What came of asking once. */
export interface Polled {
  items: number
  /** How many of them were new. */
  stored: number
  /** There is more to ask about at once. */
  more: boolean
  /** The partner's "no" about some shipment; the others were asked about. */
  refused?: string
}

export interface Poll extends PollDeps {
  profile: Pick<Profile, 'id' | 'version' | 'codes'>
  polling: Polling
}

/** Of what is said about shipments: nobody can go on inside it. */
const MOST_PAGES = 100

export interface Reading {
  input: unknown
  about?: About
  mark?: PageMark | undefined
  etag?: string | undefined
  /** Pages that are read at one go, where the next go can take up from there. */
  atMost?: number
  /** Called when what the page holds is stored. */
  stored?: (page: Page, items: Json[]) => Promise<void>
}

/** Reads page after page and stores what is in them. */
export async function readPages(
  poll: Poll,
  { input, about = {}, mark: first, etag, atMost, stored }: Reading,
): Promise<Polled> {
  const { client, polling, profile, channel, evaluate, publish, crash, signal } = poll
  const polled: Polled = { items: 0, stored: 0, more: false }
  const correlationId = about.correlationId ?? `poll-${profile.id}`
  const how = { correlationId, etag, raw: true, ...(signal && { deadline: signal }) }
  const seen = new Set<string>()
  let mark = first
  for (let pages = 1; ; pages += 1) {
    const page = await client.page(polling.operation, input, { ...how, mark })
    if (page.outcome === 'refused') {
      const [said] = page.messages
      throw new CartageError('refused', 'poll.refused', said?.message ?? `status ${page.status}`)
    }
    const items = page.status === 304 ? [] : await itemsOf(poll, page, input)
    crash('poll.before-publish')
    polled.stored += await storeItems(items, about, { partner: profile.id, channel, polling, evaluate, publish })
    polled.items += items.length
    crash('poll.after-publish')
    await stored?.(page, items)
    crash('poll.after-state')
    if (page.next === undefined) return polled
    if (pages === atMost) return { ...polled, more: true }
    if (pages === MOST_PAGES) throw tooMuch(`more than ${MOST_PAGES} pages`)
    mark = page.next
    if (seen.has(JSON.stringify(mark))) throw inACircle()
    seen.add(JSON.stringify(mark))
  }
}

async function itemsOf({ polling, evaluate }: Poll, { reading }: Page, input: unknown): Promise<Json[]> {
  if (polling.items === undefined) return reading.body === null ? [] : [reading.body]
  return asList(await evaluate(polling.items, { ...reading, input })).filter((item) => item !== null)
}

/** The operation's input, by the profile's word or as it is. */
export async function inputOf({ polling, evaluate, params }: Poll, known: Record<string, unknown>): Promise<unknown> {
  if (polling.input !== undefined) return evaluate(polling.input, { ...known, params })
  return known.shipment ?? known
}
