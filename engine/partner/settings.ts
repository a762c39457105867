import { resolveEnv } from '../security/secrets.ts'
import type { EnvironmentName, Profile } from './profile-types.ts'

/** What makes a profile an account: where to call and with which secrets. */
export interface PartnerSettings {
  baseUrl?: string
  /** Which of the profile's addresses is meant, where it has several. */
  environment?: EnvironmentName
  credentials: Record<string, string>
  /** The secret that its webhooks will be signed with: counts beside the one in use, until it takes its place. */
  nextSecret?: string
  parameters: Record<string, string>
  /** Where tokens come from, when that is not where the profile and the base address say. */
  tokenUrl?: string
  /** Extra certificate authorities and a client certificate, PEM. Verification itself cannot be turned off. */
  tls?: { ca?: string; cert?: string; key?: string }
  /** This account's address may be a private one and plain http, where that is not allowed to all. No template can say so. */
  privateAddresses?: boolean
}

/**
 * Settings of a partner: what its node gives, then the environment (`CARTAGE_SWIFT_VAN_API_KEY` for credential `apiKey` of
 * `swift-van`, `CARTAGE_SWIFT_VAN_URL` for the address), then the profile's defaults. `${NAME}` in a value is read from the
 * environment. Empty texts count as not given.
 */
export function resolveSettings(
  profile: Pick<Profile, 'id' | 'credentials' | 'parameters' | 'baseUrl' | 'environments'>,
  given: Partial<PartnerSettings> = {},
  env: Record<string, string | undefined> = {},
): PartnerSettings {
  const prefix = `CARTAGE_${upperSnake(profile.id)}_`
  const pick = (name: string, value: string | undefined, fallback: string | undefined) =>
    resolveEnv(value || env[prefix + upperSnake(name)] || fallback || '', env)
  const place = given.environment && profile.environments?.[given.environment]
  const settings: PartnerSettings = { credentials: {}, parameters: {} }
  for (const { name } of profile.credentials) {
    const value = pick(name, given.credentials?.[name], undefined)
    if (value) settings.credentials[name] = value
  }
  for (const parameter of profile.parameters) {
    const value = pick(parameter.name, given.parameters?.[parameter.name], parameter.default)
    if (value) settings.parameters[parameter.name] = value
  }
  const nextSecret = pick('nextSecret', given.credentials?.nextSecret, undefined)
  if (nextSecret) settings.nextSecret = nextSecret
  const baseUrl = pick('url', given.baseUrl, place?.baseUrl ?? profile.baseUrl)
  if (baseUrl) settings.baseUrl = baseUrl
  const tokenUrl = pick('tokenUrl', given.tokenUrl, place?.tokenUrl)
  if (tokenUrl) settings.tokenUrl = tokenUrl
  if (given.environment) settings.environment = given.environment
  if (given.tls) settings.tls = given.tls
  if (given.privateAddresses || /^(on|true|1)$/i.test(env[`${prefix}PRIVATE_ADDRESSES`] ?? ''))
    settings.privateAddresses = true
  return settings
}

function upperSnake(name: string): string {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll('-', '_')
    .toUpperCase()
}
