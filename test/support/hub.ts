import { DEFAULT_RETRY } from '../../engine/delivery/retry.ts'
import type { HubOptions, Observer } from '../../engine/hub.ts'

export const HUB_OPTIONS: HubOptions = {
  retry: DEFAULT_RETRY,
  graceMs: 100,
  drainMs: 100,
  takesWork: true,
  leaseMs: 30_000,
}

export const UNOBSERVED: Observer = { accepted: () => {}, delivered: () => {}, complaint: () => {} }
