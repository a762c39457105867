import { existsSync, readdirSync } from 'node:fs'
import { cp, mkdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Config } from '../config.ts'
import { CartageError } from '../errors.ts'
import { type Progress, storeCopies } from '../store/backup.ts'
import type { Clock } from '../store/ports.ts'
import { copySynced } from './files.ts'
import { fingerprint, type Manifest, seal } from './manifest.ts'

export type BackupConfig = Pick<Config, 'store' | 'dataDir' | 'flowsDir' | 'encryptionKey'>

export interface BackupOptions {
  /** Version of this Cartage. */
  version: string
  clock: Clock
  progress: Progress
  /** Also the secrets that were generated for development. */
  withSecrets: boolean
}

export interface Made {
  manifest: Manifest
  /** What the store itself has lost: one line each. */
  problems: string[]
}

/** Parts of a backup beside the store, and where they are in use. */
export function partsOf({ flowsDir, dataDir }: BackupConfig) {
  return { flows: flowsDir, 'node-red': join(dataDir, 'node-red'), 'secrets.json': join(dataDir, 'secrets.json') }
}

/** Installed again from package.json, and log-ins that should not outlive their machine. */
const LEFT_OUT = ['node_modules', '.sessions.json']

/**
 * Copies everything that a hub with the embedded store keeps into a new folder; the hub may be running. Whatever was
 * acknowledged before the call is in it.
 */
export async function makeBackup(config: BackupConfig, folder: string, options: BackupOptions): Promise<Made> {
  const copies = await storeCopies(config.store)
  if (!copies.exists())
    throw new CartageError('refused', 'backup.nothing', `There is no store at ${config.store} to make a backup of.`)
  if (existsSync(folder) && readdirSync(folder).length > 0)
    throw new CartageError('refused', 'backup.not-empty', `${folder} is not empty; name a new folder for the backup.`)
  const createdAt = new Date(options.clock.now()).toISOString()
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const problems = await copies.copy(join(folder, 'store'), options.progress)
  const parts = partsOf(config)
  for (const part of ['flows', 'node-red'] as const) {
    if (!existsSync(parts[part])) continue
    const filter = (path: string) => !LEFT_OUT.includes(basename(path))
    await cp(parts[part], join(folder, part), { recursive: true, filter, dereference: true })
  }
  if (options.withSecrets && existsSync(parts['secrets.json']))
    await copySynced(parts['secrets.json'], join(folder, 'secrets.json'))
  const about = { version: options.version, createdAt, encryptionKey: fingerprint(config.encryptionKey) }
  return { manifest: await seal(folder, about, options.progress), problems }
}
