import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EffectAnswer, Effects } from '../../delivery/effects.ts'
import type { SampleFolder } from '../../mapping/catalogue.ts'
import { createEvaluator, type Evaluator } from '../../mapping/evaluate.ts'
import { jsonFile } from '../../mapping/lab/samples.ts'
import { evaluateMapping } from '../../mapping/results.ts'
import { openStore } from '../../store/open.ts'
import type { Limiter, Store } from '../../store/ports.ts'
import { PartnerClient } from '../client.ts'
import type { Profile } from '../profile-types.ts'
import type { Evaluate } from '../template.ts'
import { TrialClock } from './clock.ts'
import { freshLimiter, freshOutbox, SAMPLE_CALL, SAMPLE_KEY } from './outbox.ts'
import { TemplateSimulator } from './simulator/simulator.ts'
import { trialValues, type TrialValues } from './values.ts'
import { firstWay } from './ways.ts'
import { TrialIntake } from './webhooks/intake.ts'

/** When a trial begins, as far as those can tell who take part in it: on a working day, in the morning. */
const BEGIN = Date.parse('2026-03-02T09:00:00Z')
/** Paces that a trial does not want to be held up by; the one check that is about pace has the partner's own. */
const UNHURRIED = { requestsPerSecond: 1_000, burst: 1_000, concurrency: 8 }
/** Nor by breakers, save where it is about them. */
const UNBROKEN = { openAfter: 1_000, openMs: 1_000 }

export interface BenchOptions {
  profile: Profile
  samples: SampleFolder
  evaluator?: Evaluator
}

/** Where a partner is tried: a store of its own, a clock of its own, and the partner simulated. Closed, nothing is left of it. */
export class TrialBench {
  readonly profile: Profile
  readonly samples: SampleFolder
  readonly evaluator: Evaluator
  readonly clock: TrialClock
  readonly store: Store
  readonly simulator: TemplateSimulator
  readonly intake: TrialIntake
  readonly values: TrialValues
  readonly #folder: string
  readonly #clients = new Set<PartnerClient>()
  #fresh = 0
  #limiter: Limiter

  private constructor(
    { profile, samples, evaluator }: Required<BenchOptions>,
    made: Pick<TrialBench, 'clock' | 'store' | 'simulator' | 'intake' | 'values'> & { folder: string },
  ) {
    this.profile = profile
    this.samples = samples
    this.evaluator = evaluator
    this.clock = made.clock
    this.store = made.store
    this.simulator = made.simulator
    this.intake = made.intake
    this.values = made.values
    this.#folder = made.folder
    this.#limiter = freshLimiter(made.store.limiter, this.unique())
  }

  static async open({ profile, samples, evaluator = createEvaluator() }: BenchOptions): Promise<TrialBench> {
    const clock = new TrialClock(BEGIN)
    const values = trialValues(profile, samples)
    const evaluate = evaluateBy(evaluator)
    // What a template with a slip keeps from opening is tried before there is anything to clear away.
    const right = { ...values.parameters, ...values.credentials }
    const simulator = await TemplateSimulator.open({ profile, samples, values: right, evaluate })
    const folder = await mkdtemp(join(tmpdir(), 'cartage-trial-'))
    const store = await openStore(`sqlite:${folder}/trial.db`, { clock })
    const credentials = { ...values.credentials, ...values.parameters }
    const intake = await TrialIntake.open({ profile, credentials, messages: store.messages, evaluate, clock })
    return new TrialBench({ profile, samples, evaluator }, { folder, clock, store, simulator, intake, values })
  }

  get evaluate(): Evaluate {
    return evaluateBy(this.evaluator)
  }

  /** A client that knows nothing of the others. `change`: what is different of the profile; `credentials`: other ones. */
  client(change: Partial<Profile> = {}, credentials: Record<string, string> = {}): PartnerClient {
    const auth = firstWay(this.profile.auth)
    const profile = {
      ...this.profile,
      limits: { ...this.profile.limits, ...UNHURRIED },
      breaker: UNBROKEN,
      auth,
      ...change,
    }
    const client = new PartnerClient({
      profile,
      settings: {
        credentials: { ...this.values.credentials, ...credentials },
        parameters: this.values.parameters,
        baseUrl: this.simulator.baseUrl,
        tokenUrl: this.simulator.tokenUrl,
      },
      limiter: this.#limiter,
      clock: this.clock,
      evaluate: this.evaluate,
      allowPrivateAddresses: true,
    })
    this.#clients.add(client)
    return client
  }

  /** An outbox that has sent nothing yet. */
  outbox(): Effects {
    return freshOutbox(this.store.documents, this.clock, this.unique())
  }

  /** As a node does it: once, looked up when in doubt. */
  perform(outbox: Effects, client: PartnerClient, operation: string): Promise<EffectAnswer> {
    const input = this.inputOf(operation)
    return outbox.perform({
      id: SAMPLE_KEY,
      partner: this.profile.id,
      operation,
      subject: SAMPLE_KEY,
      send: (key) => client.call(operation, input, { ...SAMPLE_CALL, key }),
      ...(client.canLookUp(operation) && {
        lookUp: (key: string) => client.lookUp(operation, input, { ...SAMPLE_CALL, key }),
      }),
      repeatable: this.profile.operations[operation]?.key !== undefined,
    })
  }

  hasInput(operation: string): boolean {
    return this.samples.names().includes(`${operation}.input.json`)
  }

  inputOf(operation: string): unknown {
    return this.hasInput(operation) ? this.json(`${operation}.input.json`) : {}
  }

  // biome-ignore lint/suspicious/noExplicitAny: samples are anybody's JSON
  json(file: string): any {
    return jsonFile(this.samples, file)
  }

  /** Before each check: nobody remembers the one before. */
  async refresh(): Promise<void> {
    this.simulator.reset()
    await this.#closeClients()
    this.#limiter = freshLimiter(this.store.limiter, this.unique())
    this.forgetReceived()
  }

  /** Samples may be made from each other: what two of them tell under one id would be a contradiction. */
  forgetReceived(): void {
    this.intake.refresh(this.unique())
  }

  async close(): Promise<void> {
    await Promise.all([this.simulator.close(), this.intake.close()])
    await this.#closeClients()
    await this.store.close()
    await rm(this.#folder, { recursive: true, force: true })
  }

  /** A name that nothing else on this bench has. */
  unique(): string {
    this.#fresh += 1
    return `fresh-${this.#fresh}`
  }

  async #closeClients(): Promise<void> {
    const clients = [...this.#clients]
    this.#clients.clear()
    await Promise.all(clients.map((client) => client.close()))
  }
}

function evaluateBy(evaluator: Evaluator): Evaluate {
  return (source, input, bindings = {}) => evaluateMapping(evaluator, { source, input, bindings, direction: 'in' })
}
