import { SlaTimers } from '../../engine/delivery/sla.ts'
import type { CartageRuntime } from './runtime.ts'

export function slaTimersOf({ hub }: Pick<CartageRuntime, 'hub'>): SlaTimers {
  const { timers, documents, motor } = hub.store
  return new SlaTimers({ timers, documents, motor })
}
