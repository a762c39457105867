import type { CrashPoint } from '../../delivery/crash-points.ts'
import type { Lease } from '../../delivery/lease.ts'
import { Lookout } from '../../delivery/lookout.ts'
import type { CodeTable } from '../../partner/codes.ts'
import type { Clock, MessageStore, Motor } from '../../store/ports.ts'
import { INBOX_WAKE, tableMark, withRerun } from './inbox.ts'
import { type UnmappedCode, unmappedId, type Waiting } from './unmapped-code.ts'
import type { UnmappedCodes } from './unmapped-codes.ts'

/** How often to look for codes that have become known without being called: every entry is read, milliseconds. */
const LOOK_MS = 30_000
/** Messages that are given side by side: a server that others use too is not to be flooded. */
const AT_ONCE = 10
/** Another process may have mapped with the table before: what came back is given again, a few times, after a while. */
const MAX_PASSES = 3
const AGAIN_MS = 5_000

export interface InboxRunnerDeps {
  codes: UnmappedCodes
  /** The code table of a partner as it is now; undefined for one that there is not. */
  table: (partner: string) => CodeTable | undefined
  messages: Pick<MessageStore, 'get' | 'redeliver'>
  motor: Motor
  clock: Clock
  crash: CrashPoint
  /** One process does it at a time. */
  lease: Lease
  complain: (error: unknown) => void
}

/**
 * Gives the messages of codes that have become known to their flows again, however they became known. Each batch is written
 * down before it is given: cut in between, it is given again, and has no second effect.
 */
export class InboxRunner {
  readonly #deps: InboxRunnerDeps
  readonly #lookout: Lookout

  constructor(deps: InboxRunnerDeps) {
    this.#deps = deps
    const { motor, lease, complain } = deps
    this.#lookout = new Lookout({
      motor,
      topic: INBOX_WAKE,
      lease,
      work: () => this.#work(),
      restMs: AGAIN_MS,
      complain,
    })
  }

  start(): void {
    this.#lookout.start()
  }

  stop(): Promise<void> {
    return this.#lookout.stop()
  }

  /** Something may have become known. */
  look(): void {
    this.#lookout.look()
  }

  /** How long to rest then, milliseconds. */
  async #work(): Promise<number> {
    const { codes, lease } = this.#deps
    const entries = (await codes.all()).map(({ body }) => body)
    const due = entries.filter((entry) => entry.rerun?.state === 'running' || this.#hasBecomeKnown(entry))
    const waits = entries.some(({ rerun, waits }) => waits > 0 && rerun !== undefined && rerun.passes < MAX_PASSES)
    if (due.length === 0) return waits ? AGAIN_MS : LOOK_MS
    if (!(await lease.take())) return AGAIN_MS
    for (const entry of due) if (this.#lookout.active) await this.#run(entry)
    return AGAIN_MS
  }

  #hasBecomeKnown({ partner, lookups, waits, left, rerun }: UnmappedCode): boolean {
    const table = this.#deps.table(partner)
    if (table === undefined || waits === 0 || left) return false
    if (!lookups.some((code) => Object.hasOwn(table, code))) return false
    if (rerun?.table !== tableMark(table)) return true
    return rerun.passes < MAX_PASSES && this.#deps.clock.now() - (rerun.endedAt ?? 0) >= AGAIN_MS
  }

  async #run({ partner, code, rerun }: UnmappedCode): Promise<void> {
    const { codes, clock, lease } = this.#deps
    const id = unmappedId(partner, code)
    const table = tableMark(this.#deps.table(partner) ?? {})
    const begin = (entry: UnmappedCode) => withRerun(entry, { by: 'system', at: clock.now(), table })
    let entry = rerun?.state === 'running' ? (await codes.get(id))?.body : await codes.change(id, begin)
    while (this.#lookout.active && entry?.rerun?.state === 'running') {
      entry = await this.#step(id, entry)
      if (!(await lease.take())) return
    }
  }

  /** What is in hand is given, and the next batch taken in hand; the run ends with the last of those that waited when it began. */
  async #step(id: string, { lists: [list], rerun }: UnmappedCode): Promise<UnmappedCode | undefined> {
    const { codes, crash, clock } = this.#deps
    const { pending, startedAt } = rerun!
    const given = await this.#give(pending)
    crash('inbox.after-batch')
    const listed = list === undefined ? undefined : await codes.list(id, list)
    const after = await codes.change(id, (now) => {
      const isOurs = now.rerun?.state === 'running' && now.rerun.startedAt === startedAt && now.lists[0] === list
      return isOurs ? inHand(now, { given, list, listed, at: clock.now() }) : undefined
    })
    crash('inbox.before-batch')
    if (list !== undefined && after?.lists[0] !== list) await codes.dropList(id, list)
    return after
  }

  /** How many of them are open again. Side by side they share commits. */
  async #give(batch: Waiting[]): Promise<number> {
    let given = 0
    for (let from = 0; from < batch.length; from += AT_ONCE) {
      const some = batch.slice(from, from + AT_ONCE)
      const outcomes = await Promise.all(some.map((waiting) => this.#giveOne(waiting)))
      given += outcomes.filter(Boolean).length
    }
    return given
  }

  async #giveOne([messageId, subscription]: Waiting): Promise<boolean> {
    const { messages, motor } = this.#deps
    const message = await messages.get(messageId)
    if (message === undefined || (await messages.redeliver(messageId, subscription)) === 0) return false
    motor.wake(message.channel)
    return true
  }
}

interface Given {
  /** How many of those in hand are open again. */
  given: number
  /** The oldest list, and what is in it. */
  list: string | undefined
  listed: Waiting[] | undefined
  at: number
}

function inHand(entry: UnmappedCode, { given, list, listed, at }: Given): UnmappedCode {
  const rerun = entry.rerun!
  const [done, gone] = [rerun.done + given, rerun.gone + rerun.pending.length - given]
  const left = Math.max(0, rerun.total - done - gone)
  const pending = left === 0 ? [] : (listed ?? entry.waiting.slice(0, left))
  const isOver = pending.length === 0
  return {
    ...entry,
    waits: entry.waits - pending.length,
    lists: isOver ? entry.lists : entry.lists.filter((one) => one !== list),
    waiting: isOver || listed !== undefined ? entry.waiting : entry.waiting.slice(pending.length),
    rerun: { ...rerun, done, gone, pending, ...(isOver && { state: 'done' as const, endedAt: at }) },
  }
}
