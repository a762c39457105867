import type { Json } from '../json.ts'
import { codeFunction } from '../mapping/codes.ts'
import type { Redactor } from '../security/redact.ts'
import type { Clock } from '../store/ports.ts'
import {
  type Answer,
  failureOfStatus,
  fitToSay,
  plainRefusal,
  type RefusalMessage,
  readBody,
  refusalMessages,
  toJson,
} from './answer.ts'
import { PartnerFailure } from './failure.ts'
import { checkEnvelope, expectedOf, type Fault, faultIn } from './faults.ts'
import type { Reading } from './paging.ts'
import type { Operation, Profile } from './profile-types.ts'
import { type CallContext, rpcIdOf } from './request.ts'
import { parseRetryAfter } from './retry-after.ts'
import type { PartnerSettings } from './settings.ts'
import type { Evaluate } from './template.ts'
import type { HttpAnswer } from './transport.ts'

export interface InterpreterOptions {
  profile: Profile
  settings: PartnerSettings
  evaluate: Evaluate
  clock: Clock
  redactor: Redactor
  /** The partner wants us to wait so long, or just to wait, with its own words where it gave any; always throws. */
  throttled: (waitMs: number | undefined, effect: 'none' | 'unknown', words?: string) => Promise<never>
}

/** Says what a partner's answer means, from the profile's predicates and mappings. */
export class Interpreter {
  readonly #options: InterpreterOptions

  constructor(options: InterpreterOptions) {
    this.#options = options
  }

  /**
   * In this order: must we wait, did it have it already, were we let in at all, did it fail, and only then yes or no. `known` looks
   * up what the partner already has.
   */
  async answer(
    operation: Operation,
    http: HttpAnswer,
    context: CallContext,
    known: () => Promise<Json>,
  ): Promise<Answer> {
    const { evaluate } = this.#options
    const reading = this.read(operation, http, context)
    const { status, body } = reading
    if (status === 304 && context.etag !== undefined) return { outcome: 'answered', status, body: null }
    await this.#checkThrottled(operation, reading, http, context)
    if (operation.already !== undefined && isTrue(await evaluate(operation.already, reading))) {
      return { outcome: 'already', status, body: await known() }
    }
    const fault = faultIn(expectedOf(operation), body)
    const byStatus = failureOfStatus(reading, operation.precondition !== undefined)
    // What the fault says is more than that there was one.
    const failure = fault && isOwnTrouble(byStatus) ? undefined : byStatus
    const bindings = this.#bindings(http, context)
    const ok =
      !fault && !failure && (operation.ok === undefined ? status < 300 : isTrue(await evaluate(operation.ok, reading)))
    if (ok) return { outcome: 'answered', status, body: await this.#mapped(operation.response, body, bindings) }
    await this.#checkFailed(operation, reading, { fault, failure })
    return { outcome: 'refused', status, messages: await this.#refusal(operation, reading, bindings) }
  }

  /** The answer with its body read, and sure to be one to what was asked. */
  read(operation: Operation, http: HttpAnswer, context: CallContext): Reading {
    const expects = expectedOf(operation)
    const { status, headers } = http
    if (status === 304 && context.etag !== undefined) return { status, headers, body: null }
    const body = readBody(http, expects)
    if (status >= 200 && status < 300) checkEnvelope(expects, body, rpcIdOf(context))
    return { status, headers, body }
  }

  /** Throws where it is a failure; a "no" comes back. The profile's word counts more than fault codes and the status. */
  async #checkFailed(
    { failing }: Operation,
    reading: Reading,
    { fault, failure }: { fault: Fault | undefined; failure: PartnerFailure | undefined },
  ): Promise<void> {
    // Not let in, or sent elsewhere: no word of the partner changes that.
    if (failure && !isOwnTrouble(failure)) throw failure
    // Who is in front of the partner and cannot reach it does not speak for it.
    if (failure?.category === 'outage' && !fault) throw failure
    const failed =
      failing === undefined
        ? (fault?.failed ?? failure !== undefined)
        : isTrue(await this.#options.evaluate(failing, reading))
    if (!failed) return
    if (failure) throw failure
    const said = this.#options.redactor.text(fault?.message ?? `status ${reading.status}`).slice(0, 500)
    throw new PartnerFailure('unknown', 'transient', 'partner.fault', `the partner failed: ${said}`)
  }

  /** The partner's own words for a "no", or for "not now", without our secrets in them. */
  async #refusal(
    operation: Operation,
    { status, body }: Reading,
    bindings: Record<string, unknown>,
  ): Promise<RefusalMessage[]> {
    const { evaluate, profile, redactor } = this.#options
    const mapped =
      operation.refusal === undefined ? undefined : await evaluate(profile.mappings[operation.refusal]!, body, bindings)
    const messages = refusalMessages(mapped)
    const fault = messages.length > 0 ? undefined : faultIn(expectedOf(operation), body)
    const spoken =
      messages.length > 0
        ? messages
        : fault
          ? [{ code: fault.code, message: fault.message }]
          : plainRefusal(status, body)
    return spoken.map((one) => fitToSay(one, redactor.text))
  }

  /** The answer of a look-up: what `asking` would have answered, when the looked-up body holds it. */
  async found(
    asking: Operation,
    looked: Operation,
    http: HttpAnswer,
    context: CallContext,
  ): Promise<Answer | undefined> {
    const { lookup } = asking
    if (!lookup) return undefined
    const raw = await this.answer(withoutResponse(looked), http, context, async () => null)
    if (raw.outcome === 'refused') return raw
    const bindings = this.#bindings(http, context)
    if (!isTrue(await this.#options.evaluate(lookup.found, raw.body, bindings))) return undefined
    return {
      outcome: 'answered',
      status: http.status,
      body: await this.#mapped(lookup.answer ?? looked.response, raw.body, bindings),
    }
  }

  async #checkThrottled(operation: Operation, reading: Reading, http: HttpAnswer, context: CallContext): Promise<void> {
    const { throttled, clock, evaluate } = this.#options
    const asked = parseRetryAfter(reading.headers['retry-after'], clock.now())
    if (reading.status === 429) await throttled(asked, 'none')
    // A gateway may say 503 when the system behind it has done the work.
    if (reading.status === 503 && asked !== undefined) await throttled(asked, 'unknown')
    const wait = operation.throttled === undefined ? false : await evaluate(operation.throttled, reading)
    if (wait !== true && !(typeof wait === 'number' && wait > 0)) return
    const [first] = await this.#refusal(operation, reading, this.#bindings(http, context))
    await throttled(wait === true ? asked : wait, 'none', first?.message)
  }

  async #mapped(mapping: string | undefined, body: Json, bindings: Record<string, unknown>): Promise<Json> {
    if (mapping === undefined) return body
    return toJson(await this.#options.evaluate(this.#options.profile.mappings[mapping]!, body, bindings))
  }

  #bindings(http: HttpAnswer, { input, key }: CallContext): Record<string, unknown> {
    const { profile, settings } = this.#options
    const { status, headers } = http
    return { input, key, params: settings.parameters, status, headers, code: codeFunction(profile.codes) }
  }
}

function isOwnTrouble(failure: PartnerFailure | undefined): boolean {
  return failure?.code === 'partner.failing' || failure?.code === 'partner.down'
}

export function withoutResponse(operation: Operation): Operation {
  const { response: _response, ...rest } = operation
  return rest
}

/** JSONata's results as yes or no; an empty list is nothing. */
function isTrue(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : Boolean(value)
}
