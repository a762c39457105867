import type { IncomingMessage, ServerResponse } from 'node:http'
import { CartageError } from '../../engine/errors.ts'
import { HttpProblem } from '../../engine/api/problem.ts'
import { mountApi } from '../../engine/api/mount.ts'
import { pathOf } from '../../engine/api/operation.ts'
import { send, sendProblem } from '../../engine/api/reply.ts'
import type { Config } from '../../engine/config.ts'
import type { CartageRuntime } from '../support/runtime.ts'
import type { FlowState } from './follow-flows.ts'

type Role = Config['role']
type Handler = (request: IncomingMessage, response: ServerResponse, next: () => void) => void

/** As much of Node-RED's Express application as is needed. */
export interface HttpApp {
  use(path: string, handler: Handler): unknown
}

export interface Readiness {
  role: Role
  /** Whether vehicles publish to a broker in this process. */
  ownBroker: boolean
  /** The flows run, and no node type is missing. */
  flowsRunning: boolean
  /** Node-RED's revision of the flows that run: the same nodes have the same one. */
  revision: string | undefined
  /** The process is on its way out: nothing new should be sent to it. */
  draining: boolean
  /** Which version of the flows runs, where several processes share them. */
  flows: (() => FlowState) | undefined
}

/** API, tracking pages, webhooks, metrics and health on Node-RED's HTTP side. Webhooks go to whichever node is deployed at their path. */
export function mountHttp(app: HttpApp, runtime: CartageRuntime, readiness: Readiness): void {
  mountApi(app as Parameters<typeof mountApi>[0], runtime.api)
  const takeWebhook = runtime.hub.options.takesWork ? webhook : notHere
  app.use('/webhooks', (request, response) => void takeWebhook(request, response, runtime))
  app.use('/metrics', (request, response) => void metrics(request, response, runtime))
  app.use('/healthz', (request, response) => send(request, response, { status: 200, body: { status: 'alive' } }))
  app.use('/readyz', (request, response) => void ready(request, response, runtime, readiness))
}

async function webhook(request: IncomingMessage, response: ServerResponse, runtime: CartageRuntime): Promise<void> {
  const path = pathOf(request).replace(/(.)\/+$/, '$1')
  const handler = runtime.webhooks.get(path)
  if (handler) return handler(request, response)
  const known = [...runtime.profiles.values()].some(
    (profile) => path === (profile.webhook?.path ?? `/webhooks/${profile.id}`),
  )
  // Between two deploys nobody is home for a moment: the sender shall come again, not give up.
  const problem = known
    ? new HttpProblem(503, 'webhook.not-deployed', 'No flow takes these webhooks at the moment.', {
        retryAfterMs: 30_000,
      })
    : new HttpProblem(404, 'webhook.unknown', 'There is nothing at this address.')
  sendProblem(request, response, problem, 'none')
}

/** An editor answers as a hub between two deploys does: whoever sent it here by mistake shall come again, not give up. */
function notHere(request: IncomingMessage, response: ServerResponse): void {
  const words = 'This process edits flows; webhooks go to the workers.'
  sendProblem(request, response, new HttpProblem(503, 'webhook.not-here', words, { retryAfterMs: 30_000 }), 'none')
}

async function metrics(request: IncomingMessage, response: ServerResponse, runtime: CartageRuntime): Promise<void> {
  try {
    const { contentType, body } = await runtime.metrics.render()
    send(request, response, { status: 200, headers: { 'Content-Type': contentType }, body })
  } catch (error) {
    sendProblem(request, response, error, 'none')
  }
}

/**
 * Ready means: accepts work now. The store answers, the flows are up, nobody said stop, and our own broker runs. Somebody
 * else's broker may be away: that is told, but it is no reason to refuse webhooks in every process at once.
 */
async function ready(
  request: IncomingMessage,
  response: ServerResponse,
  runtime: CartageRuntime,
  readiness: Readiness,
): Promise<void> {
  let problem: string | undefined
  const store = await runtime.hub.store.ping().then(
    () => true,
    (error) => {
      problem = error instanceof CartageError ? error.code : 'bug'
      return false
    },
  )
  const checks = { store, mqtt: runtime.mqtt.ready(), flows: readiness.flowsRunning, accepting: !readiness.draining }
  const allWell = Object.values({ ...checks, mqtt: checks.mqtt || !readiness.ownBroker }).every(Boolean)
  const { role, revision, flows } = readiness
  const body = {
    status: allWell ? 'ready' : 'not ready',
    role,
    checks,
    ...(problem && { problem }),
    ...((revision || flows) && { flows: { ...flows?.(), revision } }),
  }
  send(request, response, { status: allWell ? 200 : 503, body })
}
