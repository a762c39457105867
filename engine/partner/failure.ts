import { CartageError, categoryOf, type ErrorCategory, type ErrorDetails, type FieldIssue } from '../errors.ts'

/**
 * A failed call, and what may have come of it. `none`: the partner certainly did nothing (it was never asked, or said so), the
 * call can be made again. `unknown`: it may have taken effect, ask before repeating.
 */
export class PartnerFailure extends CartageError {
  readonly effect: 'none' | 'unknown'

  constructor(
    effect: 'none' | 'unknown',
    category: ErrorCategory,
    code: string,
    message: string,
    details: ErrorDetails = {},
  ) {
    super(category, code, message, details)
    this.effect = effect
  }
}

/** Did this failure certainly leave the partner as it was? Anything not known to is treated as having acted. */
export function hadNoEffect(error: unknown): boolean {
  return error instanceof PartnerFailure && error.effect === 'none'
}

/** The same failure with another effect, or with words of the caller; what was no failure of a call becomes one with unknown effect. */
export function restated(
  error: unknown,
  effect?: 'none' | 'unknown',
  words: (message: string) => { message: string; partner?: string } = (message) => ({ message }),
): PartnerFailure {
  const known = error instanceof CartageError ? error : undefined
  const { message, partner } = words(error instanceof Error ? error.message : String(error))
  const details: ErrorDetails = { cause: known ? known.cause : error }
  if (known?.field !== undefined) details.field = known.field
  // Without the values: those of a call may be somebody's secrets.
  if (known && known.issues.length > 0) details.issues = known.issues.map(withoutValues)
  if (known?.retryAfterMs !== undefined) details.retryAfterMs = known.retryAfterMs
  if (partner !== undefined) details.partner = partner
  const before = error instanceof PartnerFailure ? error.effect : 'unknown'
  return new PartnerFailure(effect ?? before, categoryOf(error), known?.code ?? 'partner.bug', message, details)
}

function withoutValues({ value: _value, from, ...said }: FieldIssue): FieldIssue {
  return { ...said, ...(from && { from: from.map(({ path }) => ({ path })) }) }
}
