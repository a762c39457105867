import type { FaultSpec } from '../simulators/faults.ts'
import { chance } from '../simulators/json.ts'
import type { ChaosOptions } from './options.ts'

/** What happens in one round. Times are milliseconds. */
export type Fault =
  /** SIGKILL after a while under load, and a new start. */
  | { kind: 'kill'; afterMs: number }
  /** SIGKILL, and another one while it starts. */
  | { kind: 'kill-starting'; afterMs: number; againMs: number }
  /** SIGTERM after a while, and a new start. */
  | { kind: 'terminate'; afterMs: number }
  /** SIGSTOP, and SIGCONT later. */
  | { kind: 'freeze'; forMs: number }
  /** A partner is full, broken, slow or away, or its answer gets lost. */
  | { kind: 'partner'; fault: FaultSpec }
  /** The flows are deployed anew. */
  | { kind: 'redeploy'; how: 'full' | 'flows' | 'nodes' }
  /** The flows are deployed anew, and SIGKILL comes in the middle of it. */
  | { kind: 'kill-deploying'; afterMs: number }
  /** No file can grow any more, as on a full disk. */
  | { kind: 'disk-full'; forMs: number }
  /** Servers of the cluster: killed and started again, emptied, or frozen. */
  | { kind: 'redis-kill' | 'redis-freeze' | 'record-kill' | 'broker-kill'; forMs: number }
  | { kind: 'redis-empty' }

type Kind = Fault['kind']

const EVERYWHERE: readonly [Kind, number][] = [
  ['kill', 58],
  ['kill-starting', 6],
  ['terminate', 5],
  ['freeze', 4],
  ['partner', 14],
  ['redeploy', 5],
  ['kill-deploying', 3],
]
const EMBEDDED: readonly [Kind, number][] = [['disk-full', 5]]
const CLUSTER: readonly [Kind, number][] = [
  ['redis-kill', 4],
  ['redis-freeze', 3],
  ['redis-empty', 4],
  ['record-kill', 3],
  ['broker-kill', 3],
]

const PARTNERS = ['onfleet', 'uber-direct', 'easypost', 'sap-s4hana', 'shiphero', 'zendesk', 'optimoroute'] as const
const PARTNER_FAULTS = [
  'latency',
  'timeout-after-commit',
  'throttle',
  'error',
  'outage',
  'html',
  'truncated',
  'drip',
] as const

type Dice = (name: string) => number

/** The faults of a run, one a round: the same for the same seed, and a longer run begins like a shorter one. */
export function planOf({ seed, rounds, store }: Pick<ChaosOptions, 'seed' | 'rounds' | 'store'>): Fault[] {
  const kinds = [...EVERYWHERE, ...(store === 'embedded' ? EMBEDDED : CLUSTER)]
  return Array.from({ length: rounds }, (_, round) => {
    const dice: Dice = (name) => chance(seed, 'chaos', round, name)
    return faultOf(draw(kinds, dice('kind')), dice)
  })
}

function draw(kinds: readonly [Kind, number][], dice: number): Kind {
  const total = kinds.reduce((sum, [, weight]) => sum + weight, 0)
  let left = dice * total
  for (const [kind, weight] of kinds) {
    left -= weight
    if (left < 0) return kind
  }
  return 'kill'
}

function faultOf(kind: Kind, dice: Dice): Fault {
  const between = (name: string, least: number, most: number) => Math.round(least + dice(name) * (most - least))
  const afterMs = between('after', 1, 500)
  const forMs = between('for', 200, 1200)
  switch (kind) {
    case 'kill':
    case 'terminate':
      return { kind, afterMs }
    case 'kill-starting':
      return { kind, afterMs, againMs: between('again', 1, 1200) }
    case 'kill-deploying':
      return { kind, afterMs: between('deploying', 1, 150) }
    case 'partner':
      return { kind, fault: partnerFault(dice) }
    case 'redeploy':
      return { kind, how: pick(['full', 'flows', 'nodes'], dice('how')) }
    case 'redis-empty':
      return { kind }
    default:
      return { kind, forMs }
  }
}

/** Bounded in number or time, so that partners are well again by themselves. */
function partnerFault(dice: Dice): FaultSpec {
  const partner = pick(PARTNERS, dice('partner'))
  const kind = pick(PARTNER_FAULTS, dice('fault'))
  const times = 1 + Math.floor(dice('times') * 6)
  switch (kind) {
    case 'outage':
      return { partner, kind, ms: 300 + Math.round(dice('ms') * 1200), form: dice('form') < 0.5 ? 'refuse' : 'cut' }
    case 'error':
      return { partner, kind, times, status: pick([500, 502, 503], dice('status')) }
    case 'drip':
      return { partner, kind, times: 2, ms: 5 }
    case 'latency':
      return { partner, kind, times, ms: 400 }
    case 'timeout-after-commit':
      return { partner, kind, times, ms: 50 }
    default:
      return { partner, kind, times }
  }
}

const pick = <T>(list: readonly T[], dice: number): T => list[Math.floor(dice * list.length)] as T

/** What goes on all the time beside the faults: webhooks that come twice, late, out of order or forged. */
export const RESTLESS: readonly FaultSpec[] = [
  { partner: '*', kind: 'duplicate', rate: 0.12 },
  { partner: '*', kind: 'reorder', rate: 0.12 },
  { partner: '*', kind: 'delay', rate: 0.05, ms: 700 },
  { partner: '*', kind: 'wrong-signature', rate: 0.05 },
]
