import type { CodeEntry, CodeMeaning } from '../partner/profile-types.ts'

/** What an unknown code is: kept raw, told to the analyst, never guessed. */
export const UNMAPPED = { type: 'status.unmapped' } as const

/** What a code is that the table leaves out on purpose: what a mapping makes with it is no event. */
export const IGNORED = { type: 'ignored' } as const

/**
 * `$code("raw")` for one partner: what its code table says, as fields of an event; `status.unmapped` for what it does not say.
 * Of a list the first code that the table knows. `missed` is told each code that it does not know.
 */
export function codeFunction(
  codes: Readonly<Record<string, CodeEntry>>,
  missed?: (code: string) => void,
): (raw: unknown) => object {
  return (raw) => {
    if (typeof raw === 'string' && Object.hasOwn(codes, raw)) return meaningOf(codes[raw] as CodeEntry)
    const asked = Array.isArray(raw) ? raw.flat().map(String) : [String(raw)]
    const known = asked.find((one) => Object.hasOwn(codes, one))
    const entry = known === undefined ? undefined : codes[known]
    if (!entry) {
      if (missed) for (const code of asked) missed(code)
      return { ...UNMAPPED }
    }
    return meaningOf(entry)
  }
}

function meaningOf(entry: CodeEntry): object {
  return entry.ignored ? { ...IGNORED } : fieldsOf(entry)
}

/** Without what is for people only; a rule for counting attempts has a name of its own in an event. */
function fieldsOf(entry: CodeMeaning): object {
  const fields: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(entry)) {
    if (name === 'attempt') fields[typeof value === 'number' ? 'attempt' : 'attemptRule'] = value
    else if (name !== 'label' && name !== 'ignored') fields[name] = value
  }
  return fields
}
