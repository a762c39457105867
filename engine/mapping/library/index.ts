import { EPOCH } from './epoch.ts'
import { FunctionError, type FunctionDoc, type LibraryFunction } from './function.ts'
import { INTERCHANGES } from './interchanges.ts'
import { LANGUAGE } from './language.ts'
import { MONEY } from './money.ts'
import { NUMBERS } from './numbers.ts'
import { PLACES } from './places.ts'
import { REFERENCES } from './references.ts'
import { TEXTS } from './texts.ts'
import { TIMES } from './times.ts'
import { UNIT_FUNCTIONS } from './units.ts'

export { type Example, type FunctionDoc, FunctionError, MissingFields } from './function.ts'

const LIBRARY: readonly LibraryFunction[] = [
  ...MONEY,
  ...NUMBERS,
  ...UNIT_FUNCTIONS,
  ...EPOCH,
  ...TIMES,
  ...PLACES,
  ...REFERENCES,
  ...INTERCHANGES,
  ...TEXTS,
]

/** What only the hub can give: it is bound for each evaluation, by the partner whose payload is mapped. */
const BOUND: readonly FunctionDoc[] = [
  {
    name: 'code',
    group: 'codes',
    signature: '$code(raw)',
    summary:
      'What the partner’s code table says of a code: type, reason, variant and what else it has. With a list the first of the codes that the table knows. One that it does not know is status.unmapped: it is kept, shown to analysts, and never guessed.',
    examples: [
      { expression: '$code("DLV")', result: { type: 'delivery.completed' } },
      { expression: '$code(["DLV/neighbour", "DLV"])', result: { type: 'delivery.completed' } },
      { expression: '$code("???")', result: { type: 'status.unmapped' } },
    ],
  },
]

/** What mappings may call beside JSONata's own functions. None of them guesses: what is ambiguous is an error. */
export function libraryFunctions(): Record<string, (...args: never[]) => unknown> {
  return { ...Object.fromEntries(LIBRARY.map(({ name, run }) => [name, run])), eval: noEval }
}

/** Ours first, then the language's own. */
export function functionCatalogue(): (FunctionDoc & { from: 'cartage' | 'jsonata' })[] {
  const ours = [...BOUND, ...LIBRARY].map(({ name, signature, summary, group, examples }) => ({
    name,
    signature,
    summary,
    group,
    examples,
    from: 'cartage' as const,
  }))
  return [...ours, ...LANGUAGE.map((doc) => ({ ...doc, from: 'jsonata' as const }))]
}

/** JSONata's own `$eval` would run what a partner sends. */
function noEval(): never {
  throw new FunctionError('$eval', 'is not available')
}
