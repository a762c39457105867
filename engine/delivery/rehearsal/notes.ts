import type { JsonObject } from '../../json.ts'
import type { FailureReport } from '../../store/ports.ts'

/** Which node of a flow noted it. */
export interface NotedNode {
  id: string
  type: string
  name: string
}

/**
 * What a step would do if it were done in earnest. `ask`: an effect at a partner. `read`: a question to a partner that
 * changes nothing. `publish`: a message on a channel. `claim`: a business key. `record`: a document (a shipment, a parked
 * event). `timer`: one set or cancelled. `keep`: bytes put away. `bury`: the flow gives the message up. `stop`: the dry run
 * goes no further here.
 */
export type Action = 'ask' | 'read' | 'publish' | 'claim' | 'record' | 'timer' | 'keep' | 'bury' | 'stop'

export interface Note {
  node: NotedNode
  action: Action
  details: JsonObject
}

/** A message on its dry way through one flow. */
export interface RehearsedRun {
  subscription: string
  messageId: string
  channel: string
  /** What would become of the delivery; `undecided` where that depends on what a dry run does not do. */
  outcome: 'settled' | 'undecided' | 'failed' | 'buried' | 'redeployed' | 'not-deployed'
  failure?: FailureReport
  notes: Note[]
}

/** Writes one note down; knows which node is at it. */
export type TakeNote = (action: Action, details: JsonObject) => void

/** Ends one branch of a dry run: what comes next depends on an answer that nobody was asked for. */
export class BranchEnd extends Error {
  override readonly name = 'BranchEnd'

  constructor() {
    super('the dry run ends here')
  }
}
