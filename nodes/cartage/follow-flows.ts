import { createRequire } from 'node:module'
import type { NodeAPI } from 'node-red'
import { FLOWS_TOPIC, type FlowContent, type FlowVersion } from '../../engine/flows/history.ts'
import { canonicalJson, type JsonObject } from '../../engine/json.ts'
import type { SharedStorage } from '../settings/shared-storage.ts'

/** How often a process looks for a deploy by itself, should the word of it have been lost, milliseconds. */
const LOOK_MS = 2_000

/** What `/readyz` says of the flows. */
export interface FlowState {
  /** Number of the version that runs here. */
  running: number | undefined
  /** Why a newer version does not run here. */
  problem?: string
}

/** The part of Node-RED's runtime API that a deploy goes through. */
interface FlowsApi {
  setFlows(options: {
    user: { username: string }
    deploymentType: 'nodes' | 'full' | 'reload'
    flows?: { flows: JsonObject[]; credentials: JsonObject }
  }): Promise<unknown>
}

type FollowApi = Pick<NodeAPI, 'events' | 'log'>

/** Node-RED's list of node types. */
interface Registry {
  get(type: string): unknown
}

/**
 * Takes over what another process has deployed: only the nodes that differ are made anew, so that the others go on with
 * what they are at. A version that cannot run here leaves the one that does. `ready` resolves when there is what its nodes need.
 */
export function followFlows(
  RED: FollowApi,
  shared: SharedStorage,
  wake: Wakes,
  ready: () => Promise<void> = async () => {},
): { state(): FlowState; stop(): void } {
  const require = createRequire(import.meta.url)
  const api = (require('@node-red/runtime') as { flows: FlowsApi }).flows
  const registry = createRequire(require.resolve('@node-red/runtime'))('@node-red/registry') as Registry
  let running: FlowVersion | undefined
  let refused: { id: string; problem: string } | undefined
  let looking = false

  const onStarted = (): void => {
    running = shared.known()
  }
  async function look(): Promise<void> {
    // Node-RED gives up when it cannot read its flows at the start, and listens without any.
    if (shared.failed()) await api.setFlows({ user: { username: 'cartage' }, deploymentType: 'reload' })
    const versions = await shared.versions()
    const current = await versions.current()
    if (running === undefined || current === undefined) return
    if (current.id !== refused?.id) refused = undefined
    if (refused || current.id === shared.known()?.id) return
    const user = shared.follower(current)
    const fit = await versions.load(current).then((content) => fitting(registry, current, content), unusable)
    if ('problem' in fit) {
      refused = { id: current.id, problem: fit.problem }
      RED.log.error(`cartage: ${fit.problem}; version ${running.number} goes on`)
      return
    }
    const { nodes, credentials } = fit
    await ready()
    // Node-RED compares nodes, but not their credentials.
    const deploymentType = canonicalJson(credentials) === canonicalJson(shared.credentials()) ? 'nodes' : 'full'
    await api.setFlows({ user, deploymentType, flows: { flows: nodes, credentials } })
    RED.log.info(`cartage: takes over version ${current.number} of the flows, deployed by ${current.by}`)
  }
  const lookSoon = (): void => {
    if (looking) return
    looking = true
    look()
      .catch((error: Error) => RED.log.warn(`cartage: the flows could not be followed: ${error.message}`))
      .finally(() => {
        looking = false
      })
  }

  RED.events.on('flows:started', onStarted)
  const timer = setInterval(lookSoon, LOOK_MS)
  timer.unref()
  const unlisten = wake.onWake(FLOWS_TOPIC, lookSoon)
  return {
    state: () => ({ running: running?.number, ...(refused && { problem: refused.problem }) }),
    stop() {
      clearInterval(timer)
      unlisten()
      RED.events.removeListener('flows:started', onStarted)
    },
  }
}

interface Wakes {
  onWake(topic: string, listener: () => void): () => void
}

/** What is wrong with a version for good; a store that is away is asked again. */
function unusable(error: Error & { category?: string }): { problem: string } {
  if (error.category === 'refused') return { problem: error.message }
  throw error
}

/** The version, unless this process could not make its nodes. Node-RED would stop the old ones first and then find out. */
function fitting(registry: Registry, { number }: FlowVersion, content: FlowContent): FlowContent | { problem: string } {
  const { nodes } = content
  const subflows = new Set(nodes.filter(({ type }) => type === 'subflow').map(({ id }) => `subflow:${id}`))
  const known = (type: string): boolean =>
    ['tab', 'subflow', 'group'].includes(type) || subflows.has(type) || Boolean(registry.get(type))
  const unknown = new Set(nodes.map(({ type }) => String(type)).filter((type) => !known(type)))
  if (unknown.size === 0) return content
  const names = [...unknown].join(', ')
  return { problem: `version ${number} of the flows needs nodes that are not installed here: ${names}` }
}
