import { createRequire } from 'node:module'
import { setTimeout as wait } from 'node:timers/promises'

/** The part of Node-RED's runtime API that a deploy goes through. */
interface FlowsApi {
  getFlows(options: object): Promise<{ flows: object[]; rev: string }>
  setFlows(options: {
    user: { username: string }
    deploymentType: 'nodes'
    flows: { flows: object[]; rev: string }
  }): Promise<unknown>
}

/** Somebody else may deploy between our reading and writing. */
const ATTEMPTS = 6
/** Until this process has taken over what another one has deployed, milliseconds. */
const CATCH_UP_MS = 500

/**
 * Adds nodes to the flows that run, as a deploy from the editor would; all others go on. `credentials` of a node are taken off and
 * encrypted by Node-RED.
 */
export async function deployNodes(nodes: readonly object[], username: string): Promise<void> {
  const api = (createRequire(import.meta.url)('@node-red/runtime') as { flows: FlowsApi }).flows
  for (let attempt = 1; ; attempt += 1) {
    const { flows, rev } = await api.getFlows({})
    try {
      const next = { flows: [...flows, ...nodes], rev }
      await api.setFlows({ user: { username }, deploymentType: 'nodes', flows: next })
      return
    } catch (error) {
      if ((error as { code?: string }).code !== 'version_mismatch' || attempt === ATTEMPTS) throw error
      await wait(attempt * CATCH_UP_MS)
    }
  }
}
