import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before } from 'mocha'
import { eventually } from './eventually.ts'
import { HubProcess } from './hub-process.ts'
import type { FlowNode } from './node-red.ts'
import { clusterPlaces } from './servers/cluster.ts'
import { temporaryFolder } from './temp.ts'
import { signed, type TestPartners, testPartners } from './test-partner.ts'

/** Seconds until the others take over from a process that does not answer. */
export const LEASE_SECONDS = 3

export interface ClusterBench {
  readonly partners: TestPartners
  /** A further process of the cluster, started. */
  hub(role: 'all' | 'editor' | 'worker', name: string, env?: Record<string, string>): Promise<HubProcess>
  deploy(editor: HubProcess, nodes: FlowNode[]): Promise<Response>
  /** Sends webhooks to the hubs in turn until each is accepted, as their sender would; `stop` gives what was accepted. */
  load(hubs: HubProcess[], prefix: string, concurrency?: number): { accepted: string[]; stop(): Promise<string[]> }
  /** Sends one webhook until it is accepted. */
  send(hub: () => HubProcess, ref: string, more?: object): Promise<void>
  /** Waits until everything that was accepted took effect; fails when something took effect twice. */
  once(refs: readonly string[], withinMs?: number): Promise<void>
}

/** A cluster for the suite that calls this: real MongoDB-compatible server, real Redis, real processes. */
export function clusterBench(flows: FlowNode[]): ClusterBench {
  const place = clusterPlaces()
  const secrets = {
    CARTAGE_CREDENTIAL_SECRET: randomBytes(24).toString('hex'),
    CARTAGE_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
  }
  const folder = temporaryFolder()
  const hubs: HubProcess[] = []
  const key = randomBytes(24).toString('hex')
  const deadLetters = async (hub: HubProcess): Promise<string> => {
    const headers = { authorization: `Bearer ${key}` }
    const answer = await fetch(`${hub.url}/api/v1/dead-letters`, { headers }).catch((error: Error) => error)
    return answer instanceof Error ? answer.message : answer.text()
  }
  let partners: TestPartners
  let env: Record<string, string> | undefined
  before(async () => {
    partners = await testPartners()
    mkdirSync(join(folder.path, 'flows'))
    writeFileSync(join(folder.path, 'flows', 'test.json'), JSON.stringify(flows))
  })
  after(async () => {
    await Promise.all(hubs.map((hub) => hub.close()))
    await partners?.close()
    folder.remove()
  })

  const bench: ClusterBench = {
    get partners() {
      return partners
    },
    async hub(role, name, more = {}) {
      if (!env) {
        const { url, redis } = place()
        env = { CARTAGE_STORE: url, CARTAGE_REDIS: redis, CARTAGE_FLOWS: join(folder.path, 'flows') }
      }
      const hub = await HubProcess.prepare({
        ...secrets,
        CARTAGE_API_KEYS: `tests:${key}:operator`,
        ...partners.env,
        ...env,
        CARTAGE_ROLE: role,
        CARTAGE_WORKER: name,
        CARTAGE_LEASE_SECONDS: String(LEASE_SECONDS),
        CARTAGE_RETRY_BASE_MS: '100',
        CARTAGE_DRAIN_SECONDS: '5',
        ...more,
      })
      hubs.push(hub)
      await hub.start()
      return hub
    },
    deploy: (editor, nodes) =>
      fetch(`${editor.url}/editor/flows`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'node-red-deployment-type': 'nodes' },
        body: JSON.stringify(nodes),
      }),
    async send(hub, ref, more = {}) {
      const body = JSON.stringify({ id: ref, ref, status: 'delivered', ...more })
      await eventually(async () => {
        const url = `${hub().url}/webhooks/test-courier`
        const answer = await fetch(url, { ...signed(body), signal: AbortSignal.timeout(5_000) })
        return answer.status === 202
      }, 60_000)
    },
    load(targets, prefix, concurrency = 8) {
      const accepted: string[] = []
      let number = 0
      let going = true
      const sender = async () => {
        while (going) {
          number += 1
          const ref = `${prefix}-${number}`
          let turn = number
          await bench.send(() => {
            turn += 1
            return targets[turn % targets.length]!
          }, ref)
          accepted.push(ref)
        }
      }
      const senders = Array.from({ length: concurrency }, sender)
      return {
        accepted,
        async stop() {
          going = false
          await Promise.all(senders)
          return accepted
        },
      }
    },
    async once(refs, withinMs = 60_000) {
      const missing = () => refs.filter((ref) => partners.effects(ref) === 0)
      await eventually(() => missing().length === 0, withinMs).catch(async () => {
        const dead = await Promise.all(hubs.map(deadLetters))
        const logs = hubs.map(({ log }) => log.slice(-1_000))
        throw new Error([`no effect of ${missing().join(', ')}`, ...dead, ...logs].join('\n'))
      })
      const doubled = refs.filter((ref) => partners.effects(ref) > 1)
      if (doubled.length > 0) throw new Error(`took effect twice: ${doubled.join(', ')}`)
    },
  }
  return bench
}
