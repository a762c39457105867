import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { SampleFolder } from '../../../mapping/catalogue.ts'
import { firstWay } from '../ways.ts'
import { decode } from '../../../formats/index.ts'
import type { LogIn, OneAuth } from '../../auth/types.ts'
import type { Operation, Profile } from '../../profile-types.ts'
import { type Evaluate, fillNames } from '../../template.ts'
import { type Act, misbehave } from './acts.ts'
import { SampleAnswers, said, type SaidAnswer } from './answers.ts'
import { Door } from './door.ts'
import { type Exchange, hear, type HeardRequest } from './heard.ts'
import { Ledger } from './ledger.ts'
import { Routes } from './routes.ts'

export interface SimulatorOptions {
  profile: Profile
  samples: SampleFolder
  /** The credentials and parameters that are right. */
  values: Readonly<Record<string, string>>
  evaluate: Evaluate
}

/** Headers that partners give with every answer: what a later write is made with. */
const ASIDE = { date: 'Mon, 02 Mar 2026 12:00:00 GMT', etag: 'W/"1"' }
const TOKEN_PATH = '/simulated/token'

/**
 * A partner made from nothing but its template: its operations, who it lets in, what it answers and refuses, and what has taken
 * effect. It listens on this machine only.
 */
export class TemplateSimulator {
  readonly answers: SampleAnswers
  readonly ledger = new Ledger()
  readonly heard: Exchange[] = []
  readonly #profile: Profile
  readonly #routes: Routes
  readonly #values: SimulatorOptions['values']
  readonly #evaluate: Evaluate
  #door: Door
  readonly #server: Server
  readonly #basePath: string
  readonly #acts = new Map<string, Act[]>()
  readonly #lasting = new Map<string, Act>()
  /** Look-ups find only what has taken effect since. */
  #empty = false
  #tried: string | undefined

  private constructor({ profile, samples, values, evaluate }: SimulatorOptions) {
    this.#evaluate = evaluate
    this.#profile = profile
    this.#basePath = new URL((profile.baseUrl ?? 'https://x').replaceAll(/\{\w+\}/g, 'v')).pathname.replace(/\/+$/, '')
    this.#routes = new Routes(profile, samples, this.#basePath)
    this.answers = new SampleAnswers(profile, samples)
    this.#values = values
    this.#door = this.#doorFor(firstWay(profile.auth))
    this.#server = createServer((req, res) => {
      this.#hear(req, res).catch(() => res.destroy())
    })
  }

  static async open(options: SimulatorOptions): Promise<TemplateSimulator> {
    const simulator = new TemplateSimulator(options)
    await new Promise<void>((resolve) => simulator.#server.listen(0, '127.0.0.1', resolve))
    return simulator
  }

  get baseUrl(): string {
    return `${this.#origin}${this.#basePath}`
  }

  get tokenUrl(): string {
    return `${this.#origin}${TOKEN_PATH}`
  }

  get #origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** What becomes of the next requests to the operation, one after another; then it does again what the samples say. */
  play(operation: string, ...acts: Act[]): void {
    this.#acts.set(operation, [...(this.#acts.get(operation) ?? []), ...acts])
  }

  /** What becomes of every request to the operation, until it is calm again. */
  keepPlaying(operation: string, act: Act): void {
    this.#lasting.set(operation, act)
  }

  /** It does again what the samples say. */
  calm(): void {
    this.#acts.clear()
    this.#lasting.clear()
  }

  /** From now on look-ups find nothing but what will have taken effect; with `tried`, only those of that operation. */
  clear(tried?: string): void {
    this.ledger.forget()
    this.#empty = true
    this.#tried = tried
  }

  /** As it was in the beginning, also for who is logged in. */
  reset(): void {
    this.calm()
    this.ledger.forget()
    this.heard.length = 0
    this.#empty = false
    this.#tried = undefined
    this.letInBy(firstWay(this.#profile.auth))
  }

  /** From now on it lets in by this way alone. */
  letInBy(way: OneAuth): void {
    this.#door = this.#doorFor(way)
  }

  /** Tokens and sessions that were given out are no longer known. */
  logOut(): void {
    this.#door.forget()
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  async #hear(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const request = await hear(req)
    const aside = await this.#door.aside(request)
    if (aside) return this.#say(res, request, undefined, aside)
    const likely = this.#routes.find(request)
    // What nothing else tells apart is what somebody waits for.
    const name = likely.find((one) => this.#acts.get(one)?.length || this.#lasting.has(one)) ?? likely[0]
    const operation = name === undefined ? undefined : this.#profile.operations[name]
    if (name === undefined || !operation)
      return this.#say(res, request, undefined, said(404, 'application/json', '{"message":"no such address"}'))
    const away = await this.#door.turnAway(request, name)
    if (away) return this.#say(res, request, name, away)
    const act = this.#acts.get(name)?.shift() ?? this.#lasting.get(name)
    if (act === undefined || act.kind === 'vanish') this.ledger.take(name, operation, request)
    const answer = this.#answer(name, operation, request)
    await this.#door.answered(name, answer)
    if (act === undefined) return this.#say(res, request, name, answer)
    const status = misbehave(res, act, answer, ASIDE)
    this.heard.push({ ...request, operation: name, status, answer: '' })
  }

  #answer(name: string, operation: Operation, request: HeardRequest): SaidAnswer {
    const { precondition } = operation
    if (precondition && request.headers[precondition.header.toLowerCase()] === undefined)
      return said(428, 'application/json', '{"message":"a condition is needed"}')
    const asking = this.#askingBy(name)
    const found = asking.some((one) => this.ledger.count(one) > 0)
    if (this.#empty && asking.length > 0 && !found) return said(404, 'application/json', '{"message":"not found"}')
    return this.answers.good(name)
  }

  #doorFor(way: OneAuth): Door {
    const expired = way.type === 'session' ? way.expired : undefined
    return new Door(way, this.#values, {
      tokenUrl: () => this.tokenUrl,
      over: () => this.answers.sessionOver(this.#evaluate, expired),
      given: (answer) => (way.type === 'session' ? this.#givenBy(way, answer) : Promise.resolve([])),
    })
  }

  /** What the log-in's answer is taken for by its own mapping. */
  async #givenBy({ login, input, gives }: LogIn, { headers, body }: SaidAnswer): Promise<string[]> {
    const { response } = this.#profile.operations[login] ?? {}
    const read = decode(/xml/.test(headers['content-type'] ?? '') ? 'xml' : 'json', body)
    const filled = Object.entries(input).map(([name, text]) => [name, fillNames(text, this.#values)])
    const bindings = { input: Object.fromEntries(filled), params: this.#values }
    const said = response ? await this.#evaluate(this.#profile.mappings[response] ?? '', read, bindings) : read
    const given = (said ?? {}) as Record<string, unknown>
    return gives.map((name) => String(given[name] ?? '')).filter((text) => text !== '')
  }

  /** Operations that are looked up by this one; what they read before they write is there in any case. */
  #askingBy(name: string): string[] {
    const operations = Object.entries(this.#profile.operations)
    const asking = operations.filter(
      ([one, { lookup, precondition, prepare }]) =>
        (this.#tried === undefined || one === this.#tried) &&
        lookup?.operation === name &&
        precondition?.operation !== name &&
        prepare?.operation !== name,
    )
    return asking.map(([one]) => one)
  }

  #say(res: ServerResponse, request: HeardRequest, name: string | undefined, answer: SaidAnswer): void {
    const { status, headers, body } = answer
    this.heard.push({
      ...request,
      ...(name !== undefined && { operation: name }),
      status,
      answer: body.toString('utf8'),
    })
    res.writeHead(status, { ...ASIDE, ...headers }).end(body)
  }
}
