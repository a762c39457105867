import { setTimeout as wait } from 'node:timers/promises'
import type { Json } from '../json.ts'
import type { Answer } from './answer.ts'
import type { PageOptions, PartnerClient } from './client.ts'
import { PartnerFailure } from './failure.ts'
import { asList, type Page, type PageMark } from './paging.ts'

/** Where the profile says nothing else. */
const LIMITS = { maxPages: 100, maxItems: 10_000, totalMs: 120_000 }

type Options = Omit<PageOptions, 'mark' | 'deadline'>

/**
 * Page after page, each at the partner's pace: where that is used up it is waited for, within the total time. Never silently less
 * than all: beyond the limits (`partner.pages`, invalid), and when the partner sends us in a circle (`partner.paging-loop`,
 * transient), it fails. Ends with a refusal.
 */
export async function* pagesOf(
  client: PartnerClient,
  name: string,
  input: unknown,
  options: Options = {},
): AsyncGenerator<Page, void, undefined> {
  const { maxPages, maxItems, totalMs } = { ...LIMITS, ...client.pagingOf(name)?.paging }
  const deadline = AbortSignal.timeout(totalMs)
  const end = performance.now() + totalMs
  const seen = new Set<string>()
  let mark: PageMark | undefined
  let count = 0
  for (let pages = 1; ; pages += 1) {
    const page = await inTime(() => client.page(name, input, { ...options, mark, deadline }), end)
    count += page.items.length
    if (count > maxItems) throw tooMuch(`more than ${maxItems} items`)
    yield page
    if (page.next === undefined) return
    if (pages === maxPages) throw tooMuch(`more than ${maxPages} pages`)
    if (seen.has(JSON.stringify(page.next))) throw inACircle()
    mark = page.next
    seen.add(JSON.stringify(mark))
  }
}

/** As a call, with what all pages hold in one list: mapped page by page where there is a response mapping. */
export async function callAll(
  client: PartnerClient,
  name: string,
  input: unknown,
  options: Options = {},
): Promise<Answer> {
  const paged = client.pagingOf(name)
  if (!paged) return client.call(name, input, options)
  const body: Json[] = []
  let status = 200
  for await (const page of pagesOf(client, name, input, options)) {
    if (page.outcome === 'refused') return { outcome: 'refused', status: page.status, messages: page.messages }
    status = page.status
    body.push(...(paged.mapped ? asList(page.body) : page.items))
  }
  return { outcome: 'answered', status, body }
}

/** Waits out our own pace and the partner's request to wait, if they end in time. */
async function inTime(fetch: () => Promise<Page>, end: number): Promise<Page> {
  for (;;) {
    try {
      return await fetch()
    } catch (error) {
      const waitMs = error instanceof PartnerFailure && error.category === 'throttled' ? error.retryAfterMs : undefined
      if (waitMs === undefined || performance.now() + waitMs >= end) throw error
      await wait(waitMs)
    }
  }
}

export function tooMuch(what: string): PartnerFailure {
  return new PartnerFailure('none', 'invalid', 'partner.pages', `the answer has ${what}`)
}

export function inACircle(): PartnerFailure {
  return new PartnerFailure('none', 'transient', 'partner.paging-loop', 'a page leads back to one that was read')
}
