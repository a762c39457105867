import type { Charge } from '../canonical/types.ts'
import { CartageError } from '../errors.ts'
import { type Micros, micros, percentOf } from '../routing/amount.ts'

export type ChargeKind = Charge['kind'] | 'cash'

interface Allowed {
  amount: Micros
  percent: Micros
}

/** How far a charge may be from what was agreed, by kind; `''` for kinds that are not named. */
export type Tolerance = ReadonlyMap<ChargeKind | '', Allowed>

export const CHARGE_KINDS: readonly ChargeKind[] = [
  ...(['freight', 'fuel', 'surcharge', 'waiting', 'redelivery', 'return', 'customs', 'insurance', 'cod_fee'] as const),
  ...(['tax', 'other', 'cash'] as const),
]

const NOTHING: Allowed = { amount: 0n, percent: 0n }

/**
 * `0.50 2%; fuel 0.20 5%; cash 0`: an amount, a part of what was agreed, or both, whichever is more. The first without a name is for all
 * kinds that are not named. Throws `charges.tolerance` (invalid) with the part that cannot be read.
 */
export function parseTolerance(text: string): Tolerance {
  const parts = text.split(';').map((part) => part.trim())
  return new Map(parts.filter((part) => part !== '').map(readPart))
}

function readPart(part: string): [ChargeKind | '', Allowed] {
  const words = part.split(/\s+/)
  const named = CHARGE_KINDS.find((kind) => kind === words[0])
  const allowed = { ...NOTHING }
  for (const word of named ? words.slice(1) : words) {
    const isPercent = word.endsWith('%')
    const value = micros(isPercent ? word.slice(0, -1) : word)
    if (value === undefined || value < 0n)
      throw new CartageError('invalid', 'charges.tolerance', `"${part}" is no tolerance: write 0.50 2%; fuel 5%`, {
        field: 'tolerance',
      })
    allowed[isPercent ? 'percent' : 'amount'] = value
  }
  return [named ?? '', allowed]
}

/** May a charge be so far from what was agreed? */
export function tolerates(tolerance: Tolerance, kind: ChargeKind, agreed: Micros, difference: Micros): boolean {
  const { amount, percent } = tolerance.get(kind) ?? tolerance.get('') ?? NOTHING
  const part = percentOf(absolute(agreed), percent)
  return absolute(difference) <= (part > amount ? part : amount)
}

const absolute = (value: Micros): Micros => (value < 0n ? -value : value)
