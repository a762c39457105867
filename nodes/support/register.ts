import type { Node, NodeAPI, NodeDef, NodeMessageInFlow } from 'node-red'
import { describeFailure, type Failure } from '../../engine/delivery/failure.ts'
import { BranchEnd } from '../../engine/delivery/rehearsal/notes.ts'
import { type Badge, badges } from './badge.ts'
import { type CartageRuntime, runtimeOf } from './runtime.ts'

/** A message in a Cartage flow. What each field holds is said in `docs/durable-flows.md`. */
export interface FlowMessage extends NodeMessageInFlow {
  cartage?: MessageOrigin
  partner?: string
  provider?: string
  shipment?: unknown
  /** The return order that a flow is about. */
  return?: unknown
  /** Why a shipment is to wait, for a shipment lifecycle that holds it. */
  hold?: unknown
  /** An order as the ERP told it last, and all its shipments. */
  order?: unknown
  /** When a change of that order was made. RFC 3339. */
  changedAt?: unknown
  shipments?: unknown
  answer?: unknown
  /** What a case at customer service is about: its kind, and the event that it is opened for. */
  problem?: unknown
  /** Under which the outbox knows the last thing that a partner was asked. */
  effectId?: string
  /** What a partner was asked and did not do, for a provider selector that chooses another. */
  attempted?: unknown
  error?: unknown
  /** Why an idempotency guard held the message back. */
  guard?: unknown
  selection?: unknown
  pod?: unknown
  /** Where the customer's invoice of the shipment stands. */
  billing?: unknown
  /** What somebody asks to be paid, and what came of it. */
  charge?: unknown
  /** The file that was written. */
  file?: unknown
  /** Of an interchange: what it is, and what it acknowledges. */
  edi?: unknown
  deadLetter?: unknown
  /** How long a vehicle was at a place, behind a geofence. */
  stay?: unknown
  /** What is to be expected now, behind an eta. */
  promised?: unknown
  /** Set when a node of the palette fails: a catch node passes it on, so that a flow can decide by its category. */
  failure?: Failure
}

/** Where a message came from: the delivery it travels in. */
export interface MessageOrigin {
  messageId: string
  channel: string
  subscription: string
  key: string
  correlationId: string
  attempt: number
  /** RFC 3339. */
  acceptedAt: string
  headers: Record<string, string>
  /** What is published because of this message names it as its cause; absent outside a durable flow. */
  cause?: string
}

/** One entry an output, each a message, several, or none. */
export type Outputs = (FlowMessage | FlowMessage[] | null)[]

export interface NodeKit<C extends NodeDef> {
  RED: NodeAPI
  node: Node
  config: C
  cartage: CartageRuntime
  badge(badge: Badge | undefined): void
}

export interface Behaviour {
  /**
   * Called for each message, with the runtime to work on; what it returns is sent, what it throws becomes the node's error.
   * `done` is called exactly once.
   */
  input?(message: FlowMessage, cartage: CartageRuntime): Promise<Outputs>
  /** `input` acts only through the runtime that it is handed, so that a dry run may hand it one that does nothing. */
  rehearsable?: boolean
  /** Called before the node goes: `removed` when it is deleted, not restarted. */
  close?(removed: boolean): Promise<void> | void
}

/** Register a node type: builds the kit, calls `setup`, and does the handling that every node shares. */
export function registerNode<C extends NodeDef>(
  RED: NodeAPI,
  type: string,
  setup: (kit: NodeKit<C>) => Behaviour,
  options?: object,
): void {
  function construct(this: Node, config: C): void {
    RED.nodes.createNode(this, config)
    let cartage: CartageRuntime | undefined
    const { show, close: forgetBadge } = badges(RED, this, type)
    this.on('close', forgetBadge)
    const badge = (shown: Badge | undefined) => {
      // What happens in a dry run did not happen.
      if (!cartage?.tracker.rehearsal({})) show(shown)
    }
    let behaviour: Behaviour
    try {
      cartage = runtimeOf(RED)
      behaviour = setup({ RED, node: this, config, cartage, badge })
    } catch (error) {
      badge({ fill: 'red', shape: 'ring', key: 'misconfigured' })
      this.error(error)
      // Without a handler a message would count as done here: it fails instead, and comes again or becomes a dead letter.
      this.on('input', (_message, _send, done) => done(error instanceof Error ? error : new Error(String(error))))
      return
    }
    const { input, close } = behaviour
    const real = cartage
    if (behaviour.rehearsable) real.tracker.rehearsable.add(type)
    if (input)
      this.on('input', (message, send, done) => {
        const rehearsal = real.tracker.rehearsal(message as FlowMessage)
        const runtime = rehearsal ? rehearsal.runtimeFor(this) : real
        handle((given) => input.call(behaviour, given, runtime), message as FlowMessage, send, done, badge)
      })
    if (close)
      this.on('close', (removed: boolean, done: () => void) => {
        Promise.resolve(close.call(behaviour, removed)).then(done, (error) => {
          this.warn(error)
          done()
        })
      })
  }
  RED.nodes.registerType(type, construct as never, options as never)
}

function handle(
  input: (message: FlowMessage) => Promise<Outputs>,
  message: FlowMessage,
  send: (message: NodeMessageInFlow | Outputs) => void,
  done: (error?: Error) => void,
  badge: (badge: Badge | undefined) => void,
): void {
  input(message).then(
    (outputs) => {
      if (outputs.some((output) => output !== null)) send(outputs)
      done()
    },
    (error: unknown) => {
      if (error instanceof BranchEnd) return done()
      message.failure = describeFailure(error)
      badge({ fill: 'red', shape: 'ring', key: 'error', values: { code: message.failure.code } })
      done(error instanceof Error ? error : new Error(String(error)))
    },
  )
}

/**
 * Whether somebody listens at an output; a disabled node does not. An unwired "refused" does not swallow: the refusal then is
 * the node's error.
 */
export function isWired(node: Node, output: number): boolean {
  const { wires, _flow } = node as unknown as { wires?: string[][]; _flow: { getNode(id: string): unknown } }
  return (wires?.[output] ?? []).some((id) => Boolean(_flow.getNode(id)))
}

/** A message for a "refused" or "unreachable" output: says why in the same fields as a catch node does. */
export function withFailure(
  message: FlowMessage,
  error: unknown,
  node: Pick<Node, 'id' | 'type' | 'name'>,
): FlowMessage {
  const failure = describeFailure(error, { nodeId: node.id, nodeType: node.type, nodeName: node.name ?? '' })
  const source = { id: node.id, type: node.type, name: node.name ?? '' }
  return { ...message, failure, error: { message: failure.message, code: failure.code, source } }
}
