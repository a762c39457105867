import { UNBOUND } from './constructing.ts'
import { LeaveToReference, type Run } from './run.ts'

/** An expression within compiled code that the reference evaluates, with the variables that it can see. */
export function leave(
  run: Run,
  ask: (input: unknown, bindings: Record<string, unknown>, root: unknown) => unknown,
  context: unknown,
  variables: Record<string, unknown>,
): unknown {
  // alone, it would take a list for the one input
  if (Array.isArray(context)) throw new LeaveToReference('an expression for a list')
  const bindings: Record<string, unknown> = { ...run.bindings }
  for (const [name, value] of Object.entries(variables)) if (value !== UNBOUND) bindings[name] = value
  const value = withoutFunctions(ask(context, bindings, run.input))
  run.look()
  return value
}

/** Functions of the reference's stay in there: compiled code cannot call them. */
function withoutFunctions(value: unknown): unknown {
  const isOwn =
    value !== null && typeof value === 'object' && ('_jsonata_lambda' in value || '_jsonata_function' in value)
  if (typeof value === 'function' || isOwn) throw new LeaveToReference('a function of the reference')
  if (value !== null && typeof value === 'object') for (const item of Object.values(value)) withoutFunctions(item)
  return value
}
