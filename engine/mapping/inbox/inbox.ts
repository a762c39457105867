import { createHash } from 'node:crypto'
import { CartageError } from '../../errors.ts'
import { canonicalJson } from '../../json.ts'
import type { TemplateDesk, Told } from '../../partner/desk/desk.ts'
import type { CodeEntry } from '../../partner/profile-types.ts'
import type { AuditStore, Clock, Motor } from '../../store/ports.ts'
import { OTHERS, type Rerun, type UnmappedCode, unmappedId } from './unmapped-code.ts'
import type { UnmappedCodes } from './unmapped-codes.ts'

/** Wakes the runner. */
export const INBOX_WAKE = 'unmapped-codes'

export interface InboxDeps {
  codes: UnmappedCodes
  desk: TemplateDesk
  audit: Pick<AuditStore, 'append'>
  motor: Motor
  clock: Clock
}

/** A code as it is shown. */
export interface InboxEntry
  extends Pick<
    UnmappedCode,
    'partner' | 'code' | 'lookups' | 'mapping' | 'count' | 'firstSeen' | 'lastSeen' | 'sample'
  > {
  id: string
  /** Messages that are mapped again once the code is known. */
  waiting: number
  left?: UnmappedCode['left']
  job?: InboxJob
}

/** How far the messages of a code are being mapped again. */
export type InboxJob = Pick<Rerun, 'state' | 'by' | 'startedAt' | 'endedAt' | 'total' | 'done' | 'gone'> & {
  id: string
  partner: string
  code: string
}

export interface MapWish {
  partner: string
  code: string
  /** Which code of the table gets the meaning; the unmapped code itself when left out. */
  lookup?: string
  entry: CodeEntry
}

/** What nobody has mapped yet: looked at, mapped, ignored or left by people. */
export class Inbox {
  readonly #deps: InboxDeps

  constructor(deps: InboxDeps) {
    this.#deps = deps
  }

  /** Those that wait for somebody, or are being mapped again; the most frequent first. Those that were left come last. */
  async list(partner?: string): Promise<InboxEntry[]> {
    const entries = (await this.#deps.codes.all(partner)).map(({ body }) => body)
    return entries
      .filter(
        ({ waits, rerun, left, count }) => waits > 0 || rerun?.state === 'running' || (!rerun && !left && count > 0),
      )
      .sort((one, other) => Number(!!one.left) - Number(!!other.left) || other.count - one.count)
      .map(shown)
  }

  /** By partner, for those who watch over it; without what people have left as it is. */
  async counts(): Promise<{ partner: string; codes: number; messages: number }[]> {
    const byPartner = new Map<string, { partner: string; codes: number; messages: number }>()
    for (const { partner, waiting, left } of await this.list()) {
      if (left !== undefined) continue
      const known = byPartner.get(partner) ?? { partner, codes: 0, messages: 0 }
      byPartner.set(partner, { partner, codes: known.codes + 1, messages: known.messages + waiting })
    }
    return [...byPartner.values()]
  }

  async entry(id: string): Promise<InboxEntry | undefined> {
    const known = await this.#deps.codes.get(id)
    return known && shown(known.body)
  }

  /** The newest run of a code's messages. */
  async job(id: string): Promise<InboxJob | undefined> {
    const known = await this.#deps.codes.get(id)
    return known && jobOf(known.body)
  }

  /**
   * Gives a code a meaning in the partner's table, and the messages that wait for it to their flows again.
   * @throws CartageError invalid `inbox.unknown`, or what the desk has against the entry
   */
  async map({ partner, code, lookup = code, entry }: MapWish, told: Told): Promise<{ version: number; job: InboxJob }> {
    await this.#known(partner, code)
    if (lookup === OTHERS)
      throw new CartageError('invalid', 'inbox.lookup', 'say which code gets the meaning', { field: 'lookup' })
    const { version } = await this.#deps.desk.saveCodes(partner, { set: { [lookup]: entry } }, told)
    return { version, job: await this.rerun(partner, code, told.by) }
  }

  /** Gives the messages that wait to their flows again, without any change of the table: the mapping may have been changed. */
  async rerun(partner: string, code: string, by: string): Promise<InboxJob> {
    await this.#known(partner, code)
    const { codes, audit, desk, motor } = this.#deps
    await audit.append({ actor: by, action: 'unmapped.rerun', subject: partner, details: { code } })
    const begun = await codes.change(unmappedId(partner, code), (entry) =>
      withRerun(entry, { by, at: this.#deps.clock.now(), table: tableMark(desk.codes(partner).codes) }),
    )
    motor.wake(INBOX_WAKE)
    return jobOf(begun!)!
  }

  /** It stays as it is: seen, and of no interest. */
  async leave(partner: string, code: string, by: string): Promise<InboxEntry> {
    await this.#known(partner, code)
    const { codes, audit, clock } = this.#deps
    await audit.append({ actor: by, action: 'unmapped.leave', subject: partner, details: { code } })
    const left = { by, at: clock.now() }
    return shown((await codes.change(unmappedId(partner, code), (entry) => ({ ...entry, left })))!)
  }

  async #known(partner: string, code: string): Promise<UnmappedCode> {
    const known = await this.#deps.codes.get(unmappedId(partner, code))
    if (known === undefined)
      throw new CartageError('invalid', 'inbox.unknown', 'no message had this code', { field: 'code' })
    return known.body
  }
}

/** Begins a run of what waits; one that runs goes on. */
export function withRerun(
  entry: UnmappedCode,
  { by, at, table }: { by: string; at: number; table: string },
): UnmappedCode | undefined {
  if (entry.rerun?.state === 'running' && entry.rerun.table === table) return undefined
  const passes = entry.rerun?.table === table ? entry.rerun.passes + 1 : 1
  const { left: _left, ...rest } = entry
  // Cut off, an earlier run has left some in hand.
  const pending = entry.rerun?.pending ?? []
  const counters = { total: entry.waits + pending.length, done: 0, gone: 0, pending }
  return { ...rest, rerun: { state: 'running', by, startedAt: at, ...counters, table, passes } }
}

export function tableMark(table: object): string {
  return createHash('sha256').update(canonicalJson(table)).digest('base64url').slice(0, 16)
}

function shown(entry: UnmappedCode): InboxEntry {
  const { partner, code, lookups, mapping, count, firstSeen, lastSeen, sample, left, waits } = entry
  const job = jobOf(entry)
  return {
    id: unmappedId(partner, code),
    ...{ partner, code, lookups, mapping, count, firstSeen, lastSeen, waiting: waits },
    ...(sample !== undefined && { sample }),
    ...(left !== undefined && { left }),
    ...(job !== undefined && { job }),
  }
}

function jobOf({ partner, code, rerun }: UnmappedCode): InboxJob | undefined {
  if (rerun === undefined) return undefined
  const { state, by, startedAt, endedAt, total, done, gone } = rerun
  const job = { id: unmappedId(partner, code), partner, code, state, by, startedAt, total, done, gone }
  return endedAt === undefined ? job : { ...job, endedAt }
}
