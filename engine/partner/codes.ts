import { isReason, isShipmentEventType, VARIANTS } from '../canonical/taxonomy.ts'
import type { CodeEntry } from './profile-types.ts'

/** Longest code that an event can carry. */
const MAX_CODE = 200
const MAX_LABEL = 200
/** More than any partner has; the table is sent to every browser that shows it. */
const MAX_CODES = 5_000
const REFUSED = ['__proto__', 'constructor', 'prototype']

export interface CodeIssue {
  /** `<code>` or `<code>.<field>`; empty for the table itself. */
  field: string
  problem: string
}

type Check = (value: unknown) => string | undefined

/** A partner's code table as it is to be. The first thing that is wrong with it, or undefined. */
export function codesIssue(table: unknown): CodeIssue | undefined {
  if (!isObject(table)) return { field: '', problem: 'must be an object of codes' }
  const entries = Object.entries(table)
  if (entries.length > MAX_CODES) return { field: '', problem: `has more than ${MAX_CODES} codes` }
  for (const [code, entry] of entries) {
    const issue = codeIssue(code, entry)
    if (issue) return issue
  }
  return undefined
}

function codeIssue(code: string, entry: unknown): CodeIssue | undefined {
  if (code === '' || code.length > MAX_CODE || REFUSED.includes(code) || !code.isWellFormed())
    return { field: code.slice(0, MAX_CODE), problem: `is no code: 1 to ${MAX_CODE} characters` }
  if (!isObject(entry)) return { field: code, problem: 'must be an object with a "type", or with "ignored": true' }
  const checks: Record<string, Check> = Object.hasOwn(entry, 'ignored') ? IGNORED : MEANING
  for (const field of Object.keys(entry)) {
    if (!Object.hasOwn(checks, field)) return { field: `${code}.${field}`, problem: 'is not a field of such a code' }
  }
  for (const [field, check] of Object.entries(checks)) {
    const problem = check(entry[field])
    if (problem) return { field: `${code}.${field}`, problem }
  }
  return undefined
}

/** A table that `codesIssue` has nothing against. */
export type CodeTable = Record<string, CodeEntry>

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

function optional(test: (value: unknown) => boolean, problem: string): Check {
  return (value) => (value === undefined || test(value) ? undefined : problem)
}

const isLabel = (value: unknown) => typeof value === 'string' && value.trim() !== '' && value.length <= MAX_LABEL
const isAttempt = (value: unknown) =>
  value === 'new' || value === 'same' || (Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 100)

const MEANING: Record<string, Check> = {
  type: (value) => (isShipmentEventType(String(value)) ? undefined : 'must be an event of a shipment'),
  reason: optional((value) => isReason(String(value)), 'must be a canonical reason'),
  variant: optional((value) => Object.hasOwn(VARIANTS, String(value)), 'must be a way of delivering'),
  actionRequired: optional((value) => typeof value === 'boolean', 'must be true or false'),
  attempt: optional(isAttempt, 'must be "new", "same" or a number from 1 to 100'),
  label: optional(isLabel, `must be a text of at most ${MAX_LABEL} characters`),
}

const IGNORED: Record<string, Check> = {
  ignored: (value) => (value === true ? undefined : 'must be true, or absent'),
  label: (value) => (isLabel(value) ? undefined : 'must say why the code is left out'),
}
