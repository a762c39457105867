import { createEvaluator } from '../../engine/mapping/evaluate.ts'
import { PartnerClient, type PartnerClientOptions } from '../../engine/partner/client.ts'
import type { Operation, Profile } from '../../engine/partner/profile.ts'
import { EmbeddedLimiter } from '../../engine/store/embedded/limiter.ts'
import type { Limiter } from '../../engine/store/ports.ts'

/** The evaluator that clients are given in service; compiled once per source. */
export const evaluate = createEvaluator().evaluate

/** A profile with generous limits; tests override what they are about. */
export function profileOf(operations: Record<string, Operation>, change: Partial<Profile> = {}): Profile {
  return {
    id: 'fictional-courier',
    kind: 'courier',
    label: 'Fictional courier',
    version: '1.0.0',
    status: 'draft',
    capabilities: [],
    parameters: [],
    credentials: [],
    auth: { type: 'none' },
    limits: { requestsPerSecond: 1000, timeoutMs: 2000, maxResponseBytes: 100_000 },
    breaker: { openAfter: 100, openMs: 1000 },
    operations,
    folder: '',
    mappings: {},
    codes: {},
    ...change,
  }
}

export type ClientSetup = Partial<PartnerClientOptions> & { profile: Profile; baseUrl: string; limiter?: Limiter }

/** A client of a server on this machine. */
export function clientOf({ profile, baseUrl, ...rest }: ClientSetup): PartnerClient {
  const clock = rest.clock ?? { now: () => Date.now() }
  return new PartnerClient({
    limiter: new EmbeddedLimiter(clock),
    clock,
    evaluate,
    allowPrivateAddresses: true,
    ...rest,
    profile,
    settings: { credentials: {}, parameters: {}, ...rest.settings, baseUrl },
  })
}
