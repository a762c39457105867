import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What development needs and nobody typed. */
export interface GeneratedSecrets {
  credentialSecret: string
  /** 32 bytes, base64. */
  encryptionKey: string
  apiKey: string
}

/**
 * Secrets for development, drawn once and kept in the data folder, readable by their owner only: a second start must
 * be able to read what the first one encrypted.
 */
export function generatedSecrets(dataDir: string): GeneratedSecrets {
  const file = join(dataDir, 'secrets.json')
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const fresh: GeneratedSecrets = {
    credentialSecret: randomBytes(24).toString('base64url'),
    encryptionKey: randomBytes(32).toString('base64'),
    apiKey: `dev-${randomBytes(18).toString('base64url')}`,
  }
  try {
    // 'wx': whoever comes second, another process or the next start, reads what the first one drew
    writeFileSync(file, `${JSON.stringify(fresh, null, 2)}\n`, { flag: 'wx', mode: 0o600 })
    return fresh
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return JSON.parse(readFileSync(file, 'utf8')) as GeneratedSecrets
  }
}
