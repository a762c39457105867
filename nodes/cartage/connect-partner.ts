import { openPlace } from '../../engine/files/open-place.ts'
import type { Evaluator } from '../../engine/mapping/evaluate.ts'
import { evaluateMapping } from '../../engine/mapping/results.ts'
import type { ReadEvidence } from '../../engine/partner/body.ts'
import { PartnerClient, type PartnerSettings } from '../../engine/partner/client.ts'
import { storedTokens } from '../../engine/partner/auth/token-vault.ts'
import type { PartnerControl } from '../../engine/partner/control.ts'
import type { Profile } from '../../engine/partner/profile.ts'
import { resolveSettings } from '../../engine/partner/settings.ts'
import { trusted } from '../../engine/partner/trust/secret.ts'
import type { Keyring } from '../../engine/security/seal.ts'
import type { PartnerPulse } from '../../engine/partner/health.ts'
import type { PartnerStatuses } from '../../engine/partner/registry/status.ts'
import type { Clock, Store } from '../../engine/store/ports.ts'
import type { Metrics } from '../../engine/telemetry/metrics.ts'
import type { PartnerHandle } from '../support/partners.ts'

export interface ConnectorDeps {
  profiles: Map<string, Profile>
  store: Pick<Store, 'limiter' | 'documents'>
  /** Seal what partners lend us and we keep. */
  keys: Keyring
  control: Pick<PartnerControl, 'mode' | 'all'>
  statuses: Pick<PartnerStatuses, 'against'>
  pulse: Pick<PartnerPulse, 'called'>
  evaluator: Evaluator
  env: NodeJS.ProcessEnv
  allowPrivateAddresses: boolean
  metrics: Metrics
  /** Files of the vault, for requests that carry them. */
  evidence: ReadEvidence
  clock: Clock
  /** Folder of this machine that files are exchanged in. */
  filesDir: string
}

/** After this many failures in a row, and for this long after the last, a courier is not chosen while another would do. */
const UNWELL_AFTER = 3
const UNWELL_MS = 60_000

/** Makes partners callable, and knows which of them did not answer lately or are held back by an operator. */
export function partnerConnector(deps: ConnectorDeps) {
  const health = new Map<string, { failures: number; at: number }>()
  function observe(slug: string, operation: string, result: string, durationMs: number): void {
    const failed = result === 'transient' || result === 'outage'
    const known = health.get(slug)
    health.set(slug, { failures: failed ? (known?.failures ?? 0) + 1 : 0, at: deps.clock.now() })
    const outcome =
      result === 'answered'
        ? 'answered'
        : result === 'already'
          ? 'repeated'
          : result === 'refused'
            ? 'refused'
            : 'failed'
    deps.pulse.called(slug, result)
    deps.metrics.effect(slug, operation, outcome, durationMs / 1000)
  }
  return {
    connect(slug: string, given: Partial<PartnerSettings>): PartnerHandle {
      const profile = deps.profiles.get(slug)
      if (!profile) throw new Error(`there is no template "${slug}"`)
      let client: PartnerClient | undefined
      let account = resolveSettings(profile, given, deps.env)
      let { limits } = profile
      /** A profile that was changed has other limits, and may have other parameters and another address. */
      const current = () => {
        if (profile.limits === limits) return account
        limits = profile.limits
        account = resolveSettings(profile, given, deps.env)
        client?.close().catch(() => undefined)
        client = undefined
        return account
      }
      const mayBePrivate = () => deps.allowPrivateAddresses || current().privateAddresses === true
      const secret = (name: string) => current().credentials[name] ?? current().parameters[name]
      // Made when first called: a partner that only sends to us (a vehicle) has no address.
      const connected = () => {
        const settings = current()
        client ??= new PartnerClient({
          profile,
          settings,
          limiter: deps.store.limiter,
          vault: storedTokens(deps.store.documents, deps.keys),
          clock: deps.clock,
          evaluate: (source, input, bindings = {}) =>
            evaluateMapping(deps.evaluator, { source, input, bindings, direction: 'in' }),
          evidence: deps.evidence,
          allowPrivateAddresses: mayBePrivate(),
          paused: () => deps.control.mode(slug) === 'paused',
          against: (operation) => deps.statuses.against(slug, operation),
          onCall: ({ operation, result, durationMs }) => observe(slug, operation, result, durationMs),
        })
        return client
      }
      return {
        slug,
        profile,
        client: connected,
        close: async () => client?.close(),
        place: () =>
          openPlace(profile, secret, { root: deps.filesDir, policy: { allowPrivateAddresses: mayBePrivate() } }),
        get parameters() {
          return current().parameters
        },
        environment: given.environment,
        secret,
        trusts: (name) => trusted(current(), name),
      }
    },
    unwell: (): ReadonlySet<string> => {
      const since = deps.clock.now() - UNWELL_MS
      const failing = [...health].filter(([, { failures, at }]) => failures >= UNWELL_AFTER && at > since)
      const held = deps.control.all().filter(({ mode }) => mode !== 'running')
      return new Set([...failing.map(([slug]) => slug), ...held.map(({ partner }) => partner)])
    },
  }
}
