import type { CodeEntry } from '../partner/profile-types.ts'

/** What an unknown code is: kept raw, told to the analyst, never guessed. */
export const UNMAPPED = { type: 'status.unmapped' } as const

/** `$code("raw")` for one partner: what its code table says, without the label; `status.unmapped` for what it does not say. */
export function codeFunction(codes: Readonly<Record<string, CodeEntry>>): (raw: unknown) => object {
  return (raw) => {
    const entry = Object.hasOwn(codes, String(raw)) ? codes[String(raw)] : undefined
    if (!entry) return { ...UNMAPPED }
    const { label: _label, ...meaning } = entry
    return meaning
  }
}
