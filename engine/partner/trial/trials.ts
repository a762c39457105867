import { randomUUID } from 'node:crypto'
import { CartageError } from '../../errors.ts'
import type { SampleFolder } from '../../mapping/catalogue.ts'
import type { Clock, DocumentStore } from '../../store/ports.ts'
import type { Profile } from '../profile-types.ts'
import type { Account } from './account.ts'
import type { Brought } from './checks/untouched.ts'
import { TrialRecords } from './records.ts'
import { runTrial } from './run.ts'
import { scoreOf, TRIAL_TARGETS, type Trial, type TrialTarget } from './types.ts'

export interface TrialsDeps {
  documents: DocumentStore
  clock: Clock
  /** As edited. */
  profiles: ReadonlyMap<string, Profile>
  samples: (profile: Profile) => SampleFolder
  /** Of the partner's folder as it is now: a trial of another one says nothing about it. */
  version: (partner: string) => string
  /** The account that is deployed; undefined where there is none. */
  account: (partner: string) => Account | undefined
  /** Of a partner that was made from a template for anything: what it brought, and what there is. */
  brought?: (partner: string) => Promise<Brought | undefined>
  complain: (error: unknown) => void
}

/** Trials that may wait for their turn in one process. */
const MOST_WAITING = 10
const DEADLINE_MS = 120_000

/** Test runs of partners, one at a time in each process. */
export class Trials {
  readonly #deps: TrialsDeps
  readonly #records: TrialRecords
  /** Those of this process that are not over, in the order of their turns. */
  readonly #pending = new Map<string, { trial: Trial; abort: AbortController }>()
  #turn: Promise<void> = Promise.resolve()

  constructor(deps: TrialsDeps) {
    this.#deps = deps
    this.#records = new TrialRecords(deps.documents, deps.clock)
  }

  /** Resolves when it is written down; it runs when its turn comes. Started twice it is one trial. */
  async start(partner: string, by: string, asked?: unknown): Promise<Trial> {
    const profile = this.#profile(partner)
    const target = targetOf(asked)
    const underWay = [...this.#pending.values()].find(({ trial }) => trial.partner === partner)
    if (underWay && underWay.trial.target === target) return underWay.trial
    if (this.#pending.size >= MOST_WAITING)
      throw new CartageError('throttled', 'trial.busy', 'too many trials are waiting: try again in a minute')
    const trial: Trial = {
      id: randomUUID(),
      partner,
      target,
      version: this.#deps.version(partner),
      startedBy: by,
      at: this.#deps.clock.now(),
      state: 'running',
      progress: { done: 0, total: 0 },
      checks: [],
      score: scoreOf([]),
    }
    const abort = new AbortController()
    this.#pending.set(trial.id, { trial, abort })
    await this.#records.add(trial)
    this.#turn = this.#turn
      .then(() => this.#run(trial, profile, abort.signal))
      .catch((error) => this.#deps.complain(error))
      .finally(() => this.#pending.delete(trial.id))
    return trial
  }

  async get(partner: string, id: string): Promise<Trial> {
    return this.#records.get(this.#profile(partner).id, id)
  }

  /** The newest first. */
  async list(partner: string): Promise<Trial[]> {
    return this.#records.list(this.#profile(partner).id)
  }

  async cancel(partner: string, id: string): Promise<Trial> {
    const trial = await this.#records.cancel(this.#profile(partner).id, id)
    this.#pending.get(id)?.abort.abort()
    return trial
  }

  /** The version of the partner's folder as it is now. */
  versionOf(partner: string): string {
    return this.#deps.version(this.#profile(partner).id)
  }

  /** Resolves when nothing runs. */
  async idle(): Promise<void> {
    await this.#turn
  }

  /** Ends what runs, and resolves when nothing does. */
  async stop(): Promise<void> {
    for (const { abort } of this.#pending.values()) abort.abort()
    await this.idle()
  }

  async #run(trial: Trial, profile: Profile, cancelled: AbortSignal): Promise<void> {
    const { samples, account, complain } = this.#deps
    const deadline = AbortSignal.timeout(DEADLINE_MS)
    const over = new AbortController()
    const signal = AbortSignal.any([cancelled, deadline, over.signal])
    const given = { profile, samples: samples(profile), target: trial.target, signal }
    let now = trial
    try {
      const deployed = account(profile.id)
      const brought = await this.#deps.brought?.(profile.id)
      const all = { ...given, ...(deployed && { account: deployed }), ...(brought && { brought }) }
      for await (const { checks, progress } of runTrial(all)) {
        now = { ...trial, checks, progress, score: scoreOf(checks) }
        if (!(await this.#records.keep(now))) over.abort()
      }
      if (deadline.aborted) throw new CartageError('transient', 'trial.deadline', 'it took longer than two minutes')
      await this.#records.keep(ended(now, cancelled.aborted ? 'cancelled' : 'done'))
    } catch (error) {
      if (!(error instanceof CartageError)) complain(error)
      const message = error instanceof CartageError ? error.message : 'Something went wrong that nobody foresaw.'
      await this.#records.keep({ ...ended(now, 'failed'), error: message })
    }
  }

  #profile(partner: string): Profile {
    const profile = this.#deps.profiles.get(partner)
    if (profile) return profile
    throw new CartageError('invalid', 'trial.unknown-partner', 'there is no such partner', { field: 'partner' })
  }
}

function ended({ progress: { done, total }, ...trial }: Trial, state: Trial['state']): Trial {
  return { ...trial, state, progress: { done, total } }
}

function targetOf(asked: unknown): TrialTarget {
  const target = asked === undefined ? 'simulator' : asked
  if (TRIAL_TARGETS.includes(target as TrialTarget)) return target as TrialTarget
  throw new CartageError('invalid', 'trial.target', `target must be one of ${TRIAL_TARGETS.join(', ')}`, {
    field: 'target',
  })
}
