import { isMasked } from './keys.ts'
import type { JsonObject } from '../json.ts'
import { Compensation } from '../processes/compensation.ts'
import { processState, withoutWords } from '../processes/process-state.ts'
import type { Call } from './call.ts'
import { noQuery, shipmentOf } from './reads.ts'
import type { Reply } from './reply.ts'

/** Where the order stands, what it waits for, what was done and what can be undone; a viewer does not get people's and partners' words. */
export async function getShipmentProcess(call: Call): Promise<Reply> {
  noQuery(call)
  const { documents, messages, clock } = call.deps
  const compensation = new Compensation({ documents, clock })
  const state = await processState({ documents, messages, compensation }, await shipmentOf(call))
  const shown = isMasked(call.principal.role) ? withoutWords(state) : state
  return { status: 200, body: shown as unknown as JsonObject }
}
