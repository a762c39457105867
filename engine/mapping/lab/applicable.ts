import { AmbiguousEdit, editTarget } from '../trace/index.ts'
import { valuesAt } from './paths.ts'
import { folded } from './provenance.ts'
import type { Suggestion } from './suggest.ts'
import { flat, type Target } from './targets.ts'

interface Draft {
  source: string
  input: unknown
  tree: Target[]
  /** Fields that the draft fills, without marks of lists. */
  filled: ReadonlySet<string>
}

/** The suggestions that give no error when they are applied, those for fields that must be there first, then the likeliest. */
export function applicable(found: Suggestion[], draft: Draft): Suggestion[] {
  const known = new Set([...draft.filled, ...found.map(({ target }) => folded(target))])
  const kept = found.filter((one) => isWhole(one, draft, known) && isWritten(one, draft))
  const needed = neededIn(draft.tree)
  const best = Map.groupBy(kept, ({ target }) => target)
  const weight = ({ target }: Suggestion) => Number(needed.has(target)) + (best.get(target)?.[0]?.score ?? 0)
  return kept.sort((one, other) => weight(other) - weight(one))
}

/** A field of an object that may be left out brings the object with it: what that needs has to be known, too. */
function isWhole({ target }: Suggestion, { tree, filled }: Draft, known: ReadonlySet<string>): boolean {
  return flat(tree)
    .filter(({ path, children }) => children && /^(\[\])?\./.test(target.slice(path.length)) && target.startsWith(path))
    .filter(({ path, required }) => !required && !filled.has(folded(path)))
    .every(({ children = [] }) => children.every((one) => !one.required || known.has(folded(one.path))))
}

/** It can be written, and gives one value where there is room for one: a list only inside of what is made for its items. */
function isWritten({ target, source, expression }: Suggestion, draft: Draft): boolean {
  const isMany = valuesAt(draft.input, source).flat(8).length > 1
  const isList = flat(draft.tree).some(({ path, type }) => path === target && type === 'list')
  try {
    const edited = editTarget(draft.source, target, expression)
    const written = edited.source.slice(edited.start, edited.end)
    return !isMany || isList || (written !== expression && !written.includes('$$'))
  } catch (error) {
    return error instanceof AmbiguousEdit
  }
}

/** Required, and so is everything above. */
function neededIn(tree: Target[]): Set<string> {
  return new Set(
    tree.filter(({ required }) => required).flatMap(({ path, children = [] }) => [path, ...neededIn(children)]),
  )
}
