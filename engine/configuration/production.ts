import { isIP } from 'node:net'
import type { Values } from './variables.ts'

/** What production refuses to start without, one sentence each; empty = nothing is missing. */
export function missingInProduction(values: Values): string[] {
  const missing: string[] = []
  if (values.users === undefined)
    missing.push('CARTAGE_USERS is needed in production: whoever edits flows can do whatever the hub can')
  if (values.credentialSecret === undefined)
    missing.push('CARTAGE_CREDENTIAL_SECRET is needed in production: it encrypts the credentials typed in the editor')
  if (values.encryptionKey === undefined)
    missing.push('CARTAGE_ENCRYPTION_KEY is needed in production: it encrypts personal data (openssl rand -base64 32)')
  if (values.trustedProxy === undefined && (values.tlsCert === undefined || values.tlsKey === undefined))
    missing.push(
      'CARTAGE_TLS_CERT and CARTAGE_TLS_KEY, or CARTAGE_TRUSTED_PROXY, are needed in production: passwords and keys must not travel in clear',
    )
  return missing
}

/** Settings that are right one by one, but not together. */
export function contradictions(values: Values, production: boolean): string[] {
  const found: string[] = []
  if (!production && !isLoopback(values.host))
    found.push(
      `CARTAGE_HOST=${values.host} is only for production (NODE_ENV=production), where the editor asks for a login`,
    )
  if ((values.tlsCert === undefined) !== (values.tlsKey === undefined))
    found.push('CARTAGE_TLS_CERT and CARTAGE_TLS_KEY belong together: one of them is not set')
  if (values.tlsClientCa !== undefined && values.tlsCert === undefined)
    found.push('CARTAGE_TLS_CLIENT_CA needs CARTAGE_TLS_CERT: without TLS nobody shows a certificate')
  if (values.clientCertificateHeader !== undefined && values.trustedProxy === undefined)
    found.push('CARTAGE_CLIENT_CERTIFICATE_HEADER needs CARTAGE_TRUSTED_PROXY: a header counts only from a proxy')
  if (values.mqtt === 'embedded' && values.mqttDevices === undefined && !isLoopback(values.mqttHost))
    found.push(
      `CARTAGE_MQTT_HOST=${values.mqttHost} needs CARTAGE_MQTT_DEVICES: without it anybody could publish positions`,
    )
  return [...found, ...forgettings(values), ...clusterContradictions(values)]
}

/** What can be replayed must still be known to have happened: otherwise it would be asked for a second time. */
function forgettings({ keepEffectsDays: effects, keepMessagesDays, keepDeadLettersDays }: Values): string[] {
  if (effects === 0) return []
  const replayed = [
    ['CARTAGE_KEEP_MESSAGES_DAYS', keepMessagesDays],
    ['CARTAGE_KEEP_DEAD_LETTERS_DAYS', keepDeadLettersDays],
  ] as const
  return replayed
    .filter(([, days]) => days === 0 || days > effects)
    .map(
      ([name, days]) =>
        `CARTAGE_KEEP_EFFECTS_DAYS=${effects} is shorter than ${name}=${days}${days === 0 ? ' (for ever)' : ''}: a replay could repeat what was done`,
    )
}

/** Several processes work on one store only when that store is made for it, and when they share their secrets. */
function clusterContradictions(values: Values): string[] {
  if (!isCluster(values.store)) return loneContradictions(values)
  const shared = [
    ['CARTAGE_CREDENTIAL_SECRET', values.credentialSecret],
    ['CARTAGE_ENCRYPTION_KEY', values.encryptionKey],
  ] as const
  const missing = shared
    .filter(([, value]) => value === undefined)
    .map(([name]) => `${name} is needed with the cluster store: all its processes must have the same`)
  if (values.redis === undefined)
    missing.push(
      'CARTAGE_REDIS=redis://… is needed with a store on MongoDB: it wakes the processes and holds their limits',
    )
  return missing
}

function loneContradictions(values: Values): string[] {
  const found: string[] = []
  if (values.role !== 'all')
    found.push(
      `CARTAGE_ROLE=${values.role} needs the cluster store: set CARTAGE_STORE=mongodb://… and CARTAGE_REDIS=redis://…`,
    )
  if (values.redis !== undefined)
    found.push('CARTAGE_REDIS does nothing without a store on MongoDB: set CARTAGE_STORE=mongodb://… or leave it out')
  return found
}

/** Whether a store is one that several processes may use at the same time. */
export function isCluster(store: string | undefined): boolean {
  return /^mongodb(\+srv)?:/.test(store ?? '')
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}
