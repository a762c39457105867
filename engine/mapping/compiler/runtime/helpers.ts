import { call, callOn, chain, done, handed, wrapped, lambda, marked, partial, Thunk } from './calls.ts'
import { add, boolean, constructed, count, meant, nest, not, string, UNBOUND, whole } from './constructing.ts'
import { leave } from './leaving.ts'
import { group } from './groups.ts'
import { has, regex } from './matching.ts'
import { native } from './natives.ts'
import { at, descendants, filter, final, inner, lookup, wildcard } from './paths.ts'
import { out } from './run.ts'
import { flat, isArray, keep, last, norm } from './sequence.ts'
import { path } from './streams.ts'
import { transform } from './transforms.ts'
import { arithmetic, compare, concat, negative, range, same, truth, unequal, within } from './values.ts'

/** Everything that a compiled mapping can reach, by the names that it is written with. */
export const HELPERS = Object.freeze({
  ...{ call, callOn, chain, done, handed, wrapped, lambda, marked, native, partial, Thunk, transform, regex, has },
  ...{ add, boolean, constructed, count, meant, nest, not, string, UNBOUND, whole, leave },
  ...{ at, descendants, filter, final, inner, lookup, wildcard, path, group },
  ...{ flat, isArray, keep, last, norm },
  ...{ arithmetic, compare, concat, negative, range, same, truth, unequal, within },
  ...{ hasOwn: Object.hasOwn, out },
})
