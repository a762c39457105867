import type { Json } from '../json.ts'
import { type Answer, isObject } from './answer.ts'
import { PartnerFailure } from './failure.ts'
import type { Operation, Paging } from './operation-types.ts'
import type { Evaluate } from './template.ts'

/** Which page: kept by polls, so that they go on where they were. A link is kept without its host. */
export type PageMark = { url: string } | { cursor: string } | { number: number } | { offset: number }

/** What templates of the address and the request mapping know as `page`. */
export interface PageValues {
  number?: number
  offset?: number
  cursor?: string
  size?: number
}

/** An answer as it came, its body read. */
export interface Reading {
  status: number
  headers: Record<string, string>
  body: Json
}

/** A page of an answer, with what it holds as the partner wrote it, and where to go on; without `next` it is the last. */
export type Page = Answer & { items: Json[]; next?: PageMark; reading: Reading }

export function firstPage(paging: Paging): PageMark | undefined {
  if (paging.style === 'page') return { number: paging.first ?? 1 }
  return paging.style === 'offset' ? { offset: 0 } : undefined
}

export function pageValues(paging: Paging | undefined, mark: PageMark | undefined): PageValues {
  const size = paging && 'size' in paging ? paging.size : undefined
  const { url: _link, ...values } = { url: '', ...mark }
  return { ...values, ...(size !== undefined && { size }) }
}

/** Puts the page on the address; a link takes its place. */
export function toPage(paging: Paging | undefined, mark: PageMark | undefined, url: URL): URL {
  if (mark && 'url' in mark) return new URL(mark.url, url)
  const values = pageValues(paging, mark)
  const place = values.cursor ?? values.number ?? values.offset
  if (paging && 'parameter' in paging && paging.parameter && place !== undefined)
    url.searchParams.set(paging.parameter, String(place))
  if (paging && 'sizeParameter' in paging && paging.sizeParameter && values.size !== undefined)
    url.searchParams.set(paging.sizeParameter, String(values.size))
  return url
}

interface PageTurn {
  mark: PageMark | undefined
  reading: Reading
  evaluate: Evaluate
  /** The address that the page was asked at. */
  asked: URL
}

/** What the page holds and which is the next. Throws `partner.page-elsewhere` for a link to another host. */
export async function turnPage(turn: PageTurn & { operation: Operation }): Promise<Pick<Page, 'items' | 'next'>> {
  const { operation, reading, evaluate } = turn
  const { paging } = operation
  if (!paging || reading.status >= 300) return { items: [] }
  const items = asList(await evaluate(paging.items, reading))
  const next = await nextPage({ ...turn, paging, count: items.length })
  return { items, ...(next && { next }) }
}

async function nextPage(turn: PageTurn & { paging: Paging; count: number }): Promise<PageMark | undefined> {
  const { paging, mark, reading, count, evaluate } = turn
  if (paging.style === 'link') return linked(linkOf(reading.headers.link, paging.rel ?? 'next'), turn.asked)
  if (paging.style === 'odata') return linked(odataLink(reading.body), turn.asked)
  if (paging.style === 'cursor') {
    const cursor = await evaluate(paging.next, reading)
    const given = (typeof cursor === 'string' && cursor !== '') || typeof cursor === 'number'
    return given ? { cursor: String(cursor) } : undefined
  }
  const { more, size } = paging
  const another =
    more === undefined ? (size === undefined ? count > 0 : count >= size) : Boolean(await evaluate(more, reading))
  if (!another) return undefined
  if (paging.style === 'page') return { number: (mark && 'number' in mark ? mark.number : (paging.first ?? 1)) + 1 }
  return { offset: (mark && 'offset' in mark ? mark.offset : 0) + (size ?? count) }
}

function odataLink(body: Json): string | undefined {
  if (!isObject(body)) return undefined
  const old = isObject(body.d) ? body.d.__next : undefined
  const link = body['@odata.nextLink'] ?? body['odata.nextLink'] ?? old
  return typeof link === 'string' && link !== '' ? link : undefined
}

/** The target of the first link with the relation (RFC 8288: relations are separated by spaces and case does not count). */
export function linkOf(header: string | undefined, relation: string): string | undefined {
  for (const [, target, parameters] of (header ?? '').matchAll(/<([^<>]*)>((?:[^,"]|"(?:[^"\\]|\\.)*")*)/g)) {
    const found = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,]+))/i.exec(parameters ?? '')
    const relations = (found?.[1] ?? found?.[2] ?? '').toLowerCase().split(/\s+/)
    if (relations.includes(relation.toLowerCase())) return target
  }
  return undefined
}

/** Our credentials go along with the next page, so it stays where the first was. */
function linked(link: string | undefined, asked: URL): PageMark | undefined {
  if (link === undefined) return undefined
  const url = URL.parse(link, asked)
  if (url?.origin !== asked.origin)
    throw new PartnerFailure(
      'none',
      'invalid',
      'partner.page-elsewhere',
      'the next page is at another host, where we do not go',
    )
  return { url: url.pathname + url.search }
}

/** JSONata's result as a list, without its marks. */
export function asList(value: unknown): Json[] {
  return value === undefined || value === null ? [] : (JSON.parse(JSON.stringify([value].flat())) as Json[])
}
