import type { Node, NodeAPI } from 'node-red'
import { CartageError } from '../../engine/errors.ts'
import type { CartageRuntime } from './runtime.ts'
import type { FlowMessage } from './register.ts'

/** A field edited with Node-RED's typed input: a value and what kind of value it is. */
export interface Typed {
  value: string
  type: string
}

/**
 * The value of a typed field for a message: `str`, `num`, `msg`, `env` as in Node-RED, `jsonata` through our own guarded
 * evaluator. `undefined` when there is none.
 */
export async function typedValue(
  kit: { RED: NodeAPI; node: Node; cartage: CartageRuntime },
  field: Typed,
  message: FlowMessage,
): Promise<unknown> {
  if (field.type === 'jsonata') return kit.cartage.evaluate(field.value, message)
  const read = () => kit.RED.util.evaluateNodeProperty(field.value, field.type as never, kit.node, message)
  if (field.type !== 'msg') return read()
  try {
    return read()
  } catch (error) {
    // Node-RED throws where a part on the way is missing (`error.message` without an error): there simply is no value.
    if (error instanceof TypeError) return undefined
    throw error
  }
}

/** As a non-empty text, or a clear error that names the field. */
export async function typedText(
  kit: { RED: NodeAPI; node: Node; cartage: CartageRuntime },
  name: string,
  field: Typed,
  message: FlowMessage,
): Promise<string> {
  const value = await typedValue(kit, field, message)
  if (typeof value === 'string' && value !== '') return value
  if (typeof value === 'number') return String(value)
  throw new CartageError('invalid', 'flow.field', `${name} (${field.type}: ${field.value}) gave no value`, {
    field: name,
  })
}
