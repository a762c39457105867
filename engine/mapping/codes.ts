import type { CodeEntry, CodeMeaning } from '../partner/profile-types.ts'

/** What an unknown code is: kept raw, told to the analyst, never guessed. */
export const UNMAPPED = { type: 'status.unmapped' } as const

/** What a code is that the table leaves out on purpose: what a mapping makes with it is no event. */
export const IGNORED = { type: 'ignored' } as const

/**
 * `$code("raw")` for one partner: what its code table says, as fields of an event; `status.unmapped` for what it does not say.
 * Of a list the first code that the table knows.
 */
export function codeFunction(codes: Readonly<Record<string, CodeEntry>>): (raw: unknown) => object {
  return (raw) => {
    const known = [raw].flat().find((one) => Object.hasOwn(codes, String(one)))
    const entry = known === undefined ? undefined : codes[String(known)]
    if (!entry) return { ...UNMAPPED }
    return entry.ignored ? { ...IGNORED } : fieldsOf(entry)
  }
}

function fieldsOf({ label: _label, ignored: _ignored, attempt, ...fields }: CodeMeaning): object {
  if (attempt === undefined) return fields
  return typeof attempt === 'number' ? { ...fields, attempt } : { ...fields, attemptRule: attempt }
}
