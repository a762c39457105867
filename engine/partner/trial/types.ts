import type { Json } from '../../json.ts'

/** In the order in which people look at them. */
const CHECK_GROUPS = ['setup', 'mapping', 'calls', 'webhooks', 'pace'] as const
export type CheckGroup = (typeof CHECK_GROUPS)[number]

/** What was said when it went as it went; without secrets, long texts cut. */
export interface CheckMessage {
  request?: Json
  response?: Json
  payload?: Json
  expected?: Json
  actual?: Json
  diff?: Json
}

/** Where in the template somebody can put it right. */
export interface CheckLink {
  kind: 'mapping' | 'codes' | 'sample' | 'manifest'
  path: string
}

export interface Verdict {
  outcome: 'passed' | 'failed' | 'skipped'
  /** In an analyst's words; of a failure, with what to do next. */
  why?: string
  message?: CheckMessage
  link?: CheckLink
}

/** One line of the checklist. */
export interface Check extends Verdict {
  id: string
  title: string
  group: CheckGroup
  /** A failure of it stands in the way of going live. */
  required: boolean
}

export interface Score {
  passed: number
  failed: number
  skipped: number
}

/** `simulator`: everything, and nobody outside hears of it. `account`: only what changes nothing, with the deployed account. */
export const TRIAL_TARGETS = ['simulator', 'account'] as const
export type TrialTarget = (typeof TRIAL_TARGETS)[number]

export interface Trial {
  id: string
  partner: string
  target: TrialTarget
  /** Of the partner's folder when it was begun. */
  version: string
  startedBy: string
  /** Epoch milliseconds. */
  at: number
  state: 'running' | 'done' | 'failed' | 'cancelled'
  progress: { done: number; total: number; step?: string }
  checks: Check[]
  score: Score
  /** Why it could not be brought to its end. */
  error?: string
}

/** What stands in the way of going live. */
export function failedRequired({ checks }: Pick<Trial, 'checks'>): Check[] {
  return checks.filter(({ required, outcome }) => required && outcome === 'failed')
}

export function scoreOf(checks: readonly Check[]): Score {
  const count = (outcome: Check['outcome']) => checks.filter((check) => check.outcome === outcome).length
  return { passed: count('passed'), failed: count('failed'), skipped: count('skipped') }
}
