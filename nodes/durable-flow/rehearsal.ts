import { randomUUID } from 'node:crypto'
import { DeadLetterDesk } from '../../engine/delivery/dead-letters/desk.ts'
import { OverlaidDocuments } from '../../engine/delivery/rehearsal/documents.ts'
import { RehearsedEffects } from '../../engine/delivery/rehearsal/effects.ts'
import { BranchEnd, type Note, type TakeNote } from '../../engine/delivery/rehearsal/notes.ts'
import { notedDocuments, type RehearsalState, rehearsalStore } from '../../engine/delivery/rehearsal/store.ts'
import { Hub, type Observer } from '../../engine/hub.ts'
import { ShipmentLifecycle } from '../../engine/lifecycle/index.ts'
import { MappingChoices } from '../../engine/mapping/choices.ts'
import { scopeOf } from '../../engine/partner/scope.ts'
import { Compensation } from '../../engine/processes/compensation.ts'
import type { CartageRuntime } from '../support/runtime.ts'

/**
 * Nodes of the catalogue that do nothing to the world and remember nothing from one message to the next. A filter or a
 * batch does remember: the next message in earnest would be judged by one that never was.
 */
const HARMLESS = new Set(
  'catch,change,comment,complete,csv,debug,delay,function,html,json,junction,link call,link in,link out,range,sort,split,status,switch,template,xml,yaml'.split(
    ',',
  ),
)

/** As much of a node as a note says of it. */
interface RehearsingNode {
  id: string
  type: string
  name?: string | undefined
}

const UNOBSERVED: Observer = { accepted: () => {}, delivered: () => {}, complaint: () => {} }

/**
 * One dry run: the nodes of the palette run as ever, on a runtime that reads what there is, notes what it is asked to do and
 * does none of it. Where a node cannot be trusted to leave the world alone, the message stops.
 */
export class Rehearsal {
  readonly notes: Note[] = []
  readonly state: RehearsalState
  readonly #real: CartageRuntime

  constructor(real: CartageRuntime) {
    const { store, clock } = real.hub
    this.#real = real
    this.state = { documents: new OverlaidDocuments(store.documents, () => clock.now()), published: [], given: [] }
  }

  /** The desk of dead letters as it would be worked at: what is put to work there waits in `state.given`. */
  desk(): DeadLetterDesk {
    const { store, clock } = this.#real.hub
    const rehearsed = rehearsalStore(store, clock, this.state, () => {})
    return new DeadLetterDesk({ store: rehearsed, clock, reopen: async () => 0 })
  }

  /** The runtime that a node of the palette works with. */
  runtimeFor(node: RehearsingNode): CartageRuntime {
    const note: TakeNote = (action, details) => this.#note(node, action, details)
    const { hub, vault } = this.#real
    const documents = notedDocuments(this.state.documents, note)
    const store = rehearsalStore(hub.store, hub.clock, { ...this.state, documents }, note)
    return {
      ...this.#real,
      hub: new Hub(store, hub.clock, hub.options, UNOBSERVED),
      lifecycle: new ShipmentLifecycle({
        documents,
        clock: hub.clock,
        scopeOf: (partner) => scopeOf(this.#real.profiles.get(partner)),
      }),
      effects: new RehearsedEffects(documents, note),
      compensation: new Compensation({ documents, clock: hub.clock }),
      mappings: { ...this.#real.mappings, choices: new MappingChoices(this.state.documents) },
      vault: {
        read: (podId, hash) => vault.read(podId, hash),
        known: (shipmentId, event) => vault.known(shipmentId, event),
        async keep(shipmentId, event) {
          const known = await vault.known(shipmentId, event)
          if (known) return known
          note('keep', { shipmentId, pieces: event.evidence?.length ?? 0 })
          throw new BranchEnd()
        },
      },
      rehearsal: note,
    }
  }

  /** Whether a message may go on to the node; where it may not, that is noted. */
  admits(node: RehearsingNode, palette: ReadonlySet<string>): boolean {
    const known = HARMLESS.has(node.type) || node.type.startsWith('subflow:') || palette.has(node.type)
    // Put together by count or time, parts of a dry run would end up among those of messages in earnest.
    const joins = node.type === 'join' && (node as { mode?: string }).mode === 'auto'
    if (!known && !joins) this.#note(node, 'stop', { reason: `a dry run does not go through ${node.type}` })
    return known || joins
  }

  #note(node: RehearsingNode, action: Note['action'], details: Note['details']): void {
    this.notes.push({ node: { id: node.id, type: node.type, name: node.name ?? '' }, action, details })
  }
}

const DRY_RUN = 'dry-run/'

/** The name under which a dry run's messages travel: what carries it is never taken for a message in earnest. */
export function dryMessageId(): string {
  return DRY_RUN + randomUUID()
}

export function isDry(message: { _msgid?: unknown }): boolean {
  return typeof message._msgid === 'string' && message._msgid.startsWith(DRY_RUN)
}
