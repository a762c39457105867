import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** The servers of a cluster, started for this run. */
export interface Servers {
  /** Variables of a hub that uses them. */
  environment: Record<string, string>
  stop(): Promise<void>
}

interface ClusterServers {
  ClusterServers: { start(): Promise<Servers> }
}

/**
 * Real servers, as the fault injection starts them; they are no part of what is built, and run as they are.
 * @throws Error with one line that says what is missing
 */
export async function startServers(root: string): Promise<Servers> {
  const file = join(root, 'chaos', 'servers.ts')
  if (!existsSync(file)) throw new Error('--store cluster: only in a clone of the repository')
  const { ClusterServers } = (await import(pathToFileURL(file).href)) as ClusterServers
  const servers = await ClusterServers.start()
  const secret = () => randomBytes(32).toString('base64')
  return {
    environment: {
      ...servers.environment,
      // several processes must read what one of them has sealed
      CARTAGE_CREDENTIAL_SECRET: secret(),
      CARTAGE_ENCRYPTION_KEY: secret(),
      // short, so that what a killed worker was at is taken over within the run
      CARTAGE_LEASE_SECONDS: '5',
    },
    stop: () => servers.stop(),
  }
}
