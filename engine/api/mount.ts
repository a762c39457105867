import type { IncomingMessage, ServerResponse } from 'node:http'
import { StockBalances } from '../balance/stock-balances.ts'
import { IntakeGate } from '../delivery/intake-gate.ts'
import { MasterData } from '../master-data/master-data.ts'
import { ReturnOrders } from '../returns/return-orders.ts'
import type { ApiDeps, ApiOptions } from './call.ts'
import { Commands } from './commands.ts'
import { Docs } from './docs.ts'
import { Idempotency } from './idempotency.ts'
import { ApiKeys } from './keys.ts'
import { ApiLimits } from './limits.ts'
import { Masker } from './mask.ts'
import { correlationOf, handleRequest, pathOf } from './operation.ts'
import { HttpProblem } from './problem.ts'
import { send, sendProblem } from './reply.ts'
import { trackingReply } from './track.ts'

export type Handler = (req: IncomingMessage, res: ServerResponse, next?: (error?: unknown) => void) => void

/** As much of an Express application as is needed. */
export interface App {
  use(path: string, handler: Handler): unknown
}

export interface Api {
  deps: ApiDeps
  /** Where an `api in` node attaches. */
  commands: Commands
  /** For a bare http server, or an application's `use`: takes /api and /track, and leaves the rest to `next`. */
  handler: Handler
}

const BODY_LIMIT = 1024 * 1024
const TRACKING_DAYS = 30
const RETURN_DAYS = 30

export function createApi(options: ApiOptions): Api {
  const { store, clock } = options
  const masterData = new MasterData({ documents: store.documents, clock })
  const deps: ApiDeps = {
    documents: store.documents,
    messages: store.messages,
    audit: store.audit,
    keys: new ApiKeys(options.keys),
    limits: new ApiLimits(store.limiter, options.rates),
    gate: options.gate ?? new IntakeGate(),
    idempotency: new Idempotency(store.documents, clock, options.alone),
    masker: new Masker(),
    commands: new Commands(),
    partners: { ...options.partners, messages: store.messages, limiter: store.limiter },
    onboarding: options.onboarding,
    lifecycle: options.lifecycle,
    clock,
    deadLetters: options.deadLetters,
    replays: options.replays,
    trials: options.trials,
    masterData,
    returns: new ReturnOrders({
      documents: store.documents,
      clock,
      masterData,
      days: options.returnDays ?? RETURN_DAYS,
    }),
    balances: new StockBalances({ documents: store.documents, clock }),
    inbox: options.inbox,
    rehearse: options.rehearse,
    evidence: options.evidence,
    publicUrl: options.publicUrl.replace(/\/+$/, ''),
    trackingDays: options.trackingDays ?? TRACKING_DAYS,
    bodyLimitBytes: options.bodyLimitBytes ?? BODY_LIMIT,
    log: options.log,
  }
  return { deps, commands: deps.commands, handler: handlerOf(deps, new Docs()) }
}

/** Mounts the API, its docs and the tracking page on an Express-like application. */
export function mountApi(app: App, api: Api): void {
  app.use('/api', api.handler)
  app.use('/track', api.handler)
}

function handlerOf(deps: ApiDeps, docs: Docs): Handler {
  return (req, res, next) => {
    const path = pathOf(req)
    if (Docs.owns(path)) void page(req, res, deps, { operation: 'docs', answer: () => docs.answer(path) })
    else if (path === '/track' || path.startsWith('/track/')) {
      const methods = ['GET', 'HEAD', 'POST']
      void page(req, res, deps, { operation: 'track', answer: () => trackingReply(req, path, deps), methods })
    } else if (path === '/api' || path.startsWith('/api/')) void handleRequest(req, res, deps)
    else if (next !== undefined) next()
    else send(req, res, { status: 404 })
  }
}

interface Page {
  operation: string
  answer: () => ReturnType<Docs['answer']>
  methods?: string[]
}

async function page(
  req: IncomingMessage,
  res: ServerResponse,
  deps: ApiDeps,
  { operation, answer, methods = ['GET', 'HEAD'] }: Page,
): Promise<void> {
  const correlationId = correlationOf(req)
  try {
    if (!methods.includes(req.method ?? '')) {
      throw new HttpProblem(405, 'api.method', 'This method is not for this address.', {
        headers: { Allow: methods.join(', ') },
      })
    }
    send(req, res, await answer())
  } catch (error) {
    const { status, body } = sendProblem(req, res, error, correlationId)
    const logged = status === 500 ? { error } : {}
    deps.log({ operation, method: req.method ?? '', status, code: body.code, correlationId, durationMs: 0, ...logged })
  }
}
