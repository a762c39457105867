import { type BulkheadPolicy, BulkheadRejectedError, bulkhead } from 'cockatiel'
import type { Json } from '../json.ts'
import { createRedactor, type Redactor } from '../security/redact.ts'
import { AddressGuard } from './address.ts'
import { type Answer, isObject } from './answer.ts'
import { Session } from './auth/session.ts'
import type { CallOptions, PageOptions, PartnerClientOptions } from './client-options.ts'
import { PartnerFailure, restated } from './failure.ts'
import { Interpreter, withoutResponse } from './interpreter.ts'
import { firstPage, type Page, turnPage } from './paging.ts'
import { onlyAsks, type Operation, type Paging, type Precondition } from './profile-types.ts'
import { asking } from './repeat.ts'
import { buildRequest, type CallContext } from './request.ts'
import type { HttpAnswer, HttpRequest } from './transport.ts'
import { Turnstile } from './turnstile.ts'

export type { Answer, RefusalMessage } from './answer.ts'
export type * from './client-options.ts'
export type { Page, PageMark } from './paging.ts'
export type { PartnerSettings } from './settings.ts'
export type { Evaluate } from './template.ts'

/** Calls beyond this many per slot do not wait in line but are told to come back. */
const QUEUE_PER_SLOT = 10
const DEFAULT_CONCURRENCY = 8

/**
 * Calls the operations of one partner. Never repeats a call that may have taken effect: within one `call` only a refused token, a
 * stale session and a changed record lead to a second request, since in those cases the partner said that it did nothing.
 */
export class PartnerClient {
  /** Name of the breaker and the bucket in the `Limiter`: the partner at its address. */
  readonly destination: string
  readonly #options: PartnerClientOptions
  readonly #session: Session
  readonly #turnstile: Turnstile
  readonly #interpreter: Interpreter
  readonly #bulkhead: BulkheadPolicy
  readonly #redactor: Redactor

  constructor(options: PartnerClientOptions) {
    const { profile, settings, limiter, clock, evaluate, resolve, vault } = options
    const concurrency = profile.limits.concurrency ?? DEFAULT_CONCURRENCY
    const allowPrivateAddresses = options.allowPrivateAddresses ?? false
    const guard = new AddressGuard({ allowPrivateAddresses, ...(resolve ? { resolve } : {}) })
    this.#options = options
    const operate = this.#logIn.bind(this)
    this.#session = new Session({ profile, settings, clock, guard, concurrency, evaluate, vault, operate })
    this.destination = `${profile.id}@${this.#session.baseUrl.host}`
    const paused = options.paused && { paused: options.paused }
    const turnstile = new Turnstile({ limiter, clock, profile, destination: this.destination, ...paused })
    this.#turnstile = turnstile
    this.#bulkhead = bulkhead(concurrency, concurrency * QUEUE_PER_SLOT)
    const secrets = () => [...Object.values(settings.credentials), ...this.#session.secrets()]
    // What the partner lends us changes while we talk.
    this.#redactor = {
      text: (text) => createRedactor({ secrets: secrets() }).text(text),
      value: (value) => createRedactor({ secrets: secrets() }).value(value),
    }
    const throttled = turnstile.throttled.bind(turnstile)
    this.#interpreter = new Interpreter({ profile, settings, evaluate, clock, redactor: this.#redactor, throttled })
  }

  /**
   * One operation. Resolves with what the partner said; throws a `PartnerFailure` when it said nothing that counts, with the
   * category that decides on the next try and `effect` telling whether it may have acted.
   */
  async call(name: string, input: unknown, options: CallOptions = {}): Promise<Answer> {
    const context: CallContext = { input, key: options.key, correlationId: options.correlationId }
    return this.#observed(name, async () => {
      const operation = this.#operation(name)
      const against = this.#options.against?.(name)
      if (against) throw against
      const prepared = operation.prepare && (await this.#prepared(operation.prepare.operation, context))
      if (prepared?.outcome === 'refused') return prepared
      context.prepared = prepared?.body
      return this.#admitted(operation, operation, context, async (request, deadline) => {
        options.mayBegin?.()
        return this.#perform(operation, request, context, deadline)
      })
    })
  }

  /** What is asked before the operation; whatever becomes of it, the operation itself was not called. */
  async #prepared(name: string, { input, correlationId }: CallContext): Promise<Answer> {
    return this.call(name, input, correlationId === undefined ? {} : { correlationId }).catch((error) => {
      throw restated(error, 'none')
    })
  }

  /** One page of what the operation answers: the only one where its answers are not in pages. `pages.ts` reads all. */
  async page(name: string, input: unknown, options: PageOptions = {}): Promise<Page> {
    const { key, correlationId, etag } = options
    return this.#observed(name, () => {
      const declared = this.#operation(name)
      const operation = options.raw ? withoutResponse(declared) : declared
      const mark = options.mark ?? (declared.paging && firstPage(declared.paging))
      const context: CallContext = { input, key, correlationId, page: mark, etag }
      return this.#admitted(operation, operation, context, async (request, own) => {
        const deadline = options.deadline ? AbortSignal.any([own, options.deadline]) : own
        const http = await this.#exchange(operation, request, deadline)
        const answer = await this.#interpret(operation, http, context, deadline)
        const reading = this.#interpreter.read(operation, http, context)
        const turned = await turnPage({
          operation,
          mark,
          reading,
          evaluate: this.#options.evaluate,
          asked: request.url,
        })
        return { ...answer, ...turned, reading }
      })
    })
  }

  /** How the answers of an operation are paged, and whether they are mapped; undefined for one that answers at once. */
  pagingOf(name: string): { paging: Paging; mapped: boolean } | undefined {
    const { paging, response } = this.#operation(name)
    return paging && { paging, mapped: response !== undefined }
  }

  /** How long a call of this operation may take once it has begun, milliseconds. */
  longestCallMs(name: string): number {
    return this.#timeoutMsOf(this.#operation(name))
  }

  /** Can `lookUp` be asked about this operation? */
  canLookUp(name: string): boolean {
    return this.#options.profile.operations[name]?.lookup !== undefined
  }

  /** Does the partner have what this operation would have made? Its answer when it does, undefined when it does not. */
  async lookUp(name: string, input: unknown, options: CallOptions = {}): Promise<Answer | undefined> {
    const context: CallContext = { input, key: options.key, correlationId: options.correlationId }
    return this.#observed(name, async () => {
      const asked = this.#operation(name)
      const looked = this.#lookedUp(asked)
      return this.#admitted(asked, looked, context, async (request, deadline) =>
        this.#found(asked, looked, await this.#exchange(looked, request, deadline), context),
      )
    })
  }

  /** Makes no more calls; resolves when those under way have come to their end. */
  async close(): Promise<void> {
    await this.#session.close()
  }

  /** In line, at the partner's pace and under its breaker. What is wrong before anything is sent touches neither. */
  async #admitted<T>(
    timed: Operation,
    operation: Operation,
    context: CallContext,
    work: (request: HttpRequest, deadline: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const request = await this.#build(operation, context)
    const timeoutMs = this.#timeoutMsOf(timed)
    return this.#bulkhead.execute(() => this.#turnstile.pass(() => work(request, AbortSignal.timeout(timeoutMs))))
  }

  #timeoutMsOf(operation: Operation): number {
    return operation.timeoutMs ?? this.#options.profile.limits.timeoutMs
  }

  #operation(name: string): Operation {
    const { operations, id } = this.#options.profile
    const operation = Object.hasOwn(operations, name) ? operations[name] : undefined
    if (!operation)
      throw new PartnerFailure('none', 'invalid', 'partner.operation-unknown', `${id} has no such operation`)
    return operation
  }

  #lookedUp(asked: Operation): Operation {
    if (!asked.lookup)
      throw new PartnerFailure('none', 'invalid', 'partner.no-lookup', 'this operation cannot be looked up')
    return this.#operation(asked.lookup.operation)
  }

  async #build(operation: Operation, context: CallContext): Promise<HttpRequest> {
    const { profile, settings, evaluate, evidence } = this.#options
    const { baseUrl, marks: session } = this.#session
    const parts = { profile, settings, evaluate, evidence, baseUrl, session }
    return buildRequest(parts, operation, context).catch((error) => {
      throw restated(error, 'none')
    })
  }

  /** Logs in by an operation of the profile. */
  async #logIn(name: string, input: Record<string, string>, deadline: AbortSignal): Promise<Record<string, unknown>> {
    try {
      const operation = this.#operation(name)
      const context: CallContext = { input, key: undefined, correlationId: undefined }
      const answer = await this.#session.sendUnproven(await this.#build(operation, context), deadline)
      const said = await this.#interpret(operation, answer, context, deadline)
      if (said.outcome === 'refused')
        throw new PartnerFailure(
          'none',
          'unauthorised',
          'partner.login-refused',
          said.messages[0]?.message ?? 'refused',
        )
      return isObject(said.body) ? said.body : {}
    } catch (error) {
      // Whatever became of it, the call that needed it was never made.
      throw restated(error, 'none', (message) => ({ message: `log-in: ${message}` }))
    }
  }

  async #perform(
    operation: Operation,
    request: HttpRequest,
    context: CallContext,
    deadline: AbortSignal,
  ): Promise<Answer> {
    const { precondition } = operation
    for (let reading = 1; ; reading += 1) {
      if (precondition) {
        const condition = await this.#readCondition(precondition, context, deadline).catch((error) => {
          throw restated(error, 'none')
        })
        if ('outcome' in condition) return condition
        request.headers[precondition.header.toLowerCase()] = condition.value
        await this.#turnstile.again(deadline)
      }
      const answer = await this.#exchange(operation, request, deadline)
      // The record changed between our reading and writing: read once more, then leave it to the next delivery.
      const changed = precondition !== undefined && (answer.status === 412 || answer.status === 428)
      if (!changed || reading > 1) return this.#interpret(operation, answer, context, deadline)
      await this.#turnstile.again(deadline)
    }
  }

  async #readCondition(
    precondition: Precondition,
    context: CallContext,
    deadline: AbortSignal,
  ): Promise<{ value: string } | Answer> {
    const operation = this.#operation(precondition.operation)
    const answer = await this.#exchange(operation, await this.#build(operation, context), deadline)
    const interpreted = await this.#interpret(operation, answer, context, deadline)
    if (interpreted.outcome === 'refused') return interpreted
    const value = answer.headers[precondition.from.toLowerCase()]
    if (value) return { value }
    throw new PartnerFailure(
      'none',
      'invalid',
      'partner.precondition',
      `${precondition.operation} gave no ${precondition.from}`,
    )
  }

  /** An exchange that only asks is repeated where it failed in passing. */
  #exchange(operation: Operation, request: HttpRequest, deadline: AbortSignal): Promise<HttpAnswer> {
    const again = () => this.#turnstile.again(deadline)
    const send = () => this.#session.send(request, deadline, again)
    return onlyAsks(operation) ? asking(send, deadline, again) : send()
  }

  #interpret(operation: Operation, answer: HttpAnswer, context: CallContext, deadline: AbortSignal): Promise<Answer> {
    return this.#interpreter.answer(operation, answer, context, () => this.#known(operation, context, deadline))
  }

  /** What the partner already has, as far as it can be looked up. */
  async #known(operation: Operation, context: CallContext, deadline: AbortSignal): Promise<Json> {
    if (!operation.lookup) return null
    const looked = this.#lookedUp(operation)
    try {
      await this.#turnstile.again(deadline)
      const http = await this.#exchange(looked, await this.#build(looked, context), deadline)
      const found = await this.#found(operation, looked, http, context)
      return found && 'body' in found ? found.body : null
    } catch (error) {
      // The partner has it, we only could not read it: nobody may take this for "nothing happened".
      throw restated(error, 'unknown')
    }
  }

  async #found(
    asked: Operation,
    looked: Operation,
    http: HttpAnswer,
    context: CallContext,
  ): Promise<Answer | undefined> {
    if (http.status === 404 || http.status === 410) return undefined
    const found = await this.#interpreter.found(asked, looked, http, context)
    if (found?.outcome !== 'refused') return found
    const said = found.messages[0]?.message ?? `status ${found.status}`
    throw new PartnerFailure('unknown', 'refused', 'partner.lookup-refused', `${asked.lookup?.operation}: ${said}`)
  }

  /** The result, reported to whoever counts; a failure with partner and operation in it, and no secret. */
  async #observed<T extends Answer | undefined>(operation: string, work: () => Promise<T>): Promise<T> {
    const partner = this.#options.profile.id
    const started = performance.now()
    const tell = (result: string, code?: string) => {
      const durationMs = performance.now() - started
      this.#options.onCall?.({ partner, operation, result, durationMs, ...(code === undefined ? {} : { code }) })
    }
    try {
      const answer = await work()
      tell(answer?.outcome ?? 'absent')
      return answer
    } catch (error) {
      const busy = new PartnerFailure('none', 'throttled', 'partner.busy', 'too many calls are waiting', {
        retryAfterMs: 1000,
      })
      const failure = restated(error instanceof BulkheadRejectedError ? busy : error, undefined, (message) => ({
        message: `${partner} ${operation}: ${this.#redactor.text(message)}`,
        partner,
      }))
      tell(failure.category, failure.code)
      throw failure
    }
  }
}
