import { randomUUID } from 'node:crypto'
import { CartageError } from '../errors.ts'
import type { Json, JsonObject } from '../json.ts'
import { isVersionLost } from '../store/failures.ts'
import type { AuditStore, Clock, DocumentStore } from '../store/ports.ts'

const HEAD_KIND = 'flows'
const HEAD_ID = 'head'
const VERSION_KIND = 'flow-version'
/** Earlier versions that are kept as a way back. */
const KEPT = 50

/** One deploy: who put which version in place, and when. */
export interface FlowVersion {
  /** Counts the deploys from 1. */
  number: number
  id: string
  /** RFC 3339. */
  at: string
  by: string
  note: string
}

/** What is deployed: the nodes as Node-RED keeps them, and their credentials, encrypted by Node-RED. */
export interface FlowContent {
  nodes: JsonObject[]
  credentials: JsonObject
}

interface Head {
  current: FlowVersion
  /** Newest first. */
  earlier: FlowVersion[]
}

/** Motor topic on which a deploy is announced to the other processes. */
export const FLOWS_TOPIC = 'flows'

/**
 * The flows in the store: every deploy is a version of its own, never changed, and one small document says which of them
 * counts. A deploy is cut anywhere without harm: until that document is replaced the old version counts.
 */
export class FlowHistory {
  readonly #documents: DocumentStore
  readonly #audit: AuditStore
  readonly #clock: Clock

  constructor({ documents, audit, clock }: { documents: DocumentStore; audit: AuditStore; clock: Clock }) {
    this.#documents = documents
    this.#audit = audit
    this.#clock = clock
  }

  /** The version that counts; undefined in a store that never had flows. */
  async current(): Promise<FlowVersion | undefined> {
    return (await this.#head())?.body.current
  }

  /** Newest first; the first one counts. */
  async list(): Promise<FlowVersion[]> {
    const head = await this.#head()
    return head ? [head.body.current, ...head.body.earlier] : []
  }

  /** `flows.missing` or `flows.damaged` (both `refused`) when it is not there whole. */
  async load(version: FlowVersion): Promise<FlowContent> {
    const stored = await this.#documents.get<FlowContent & JsonObject>(VERSION_KIND, version.id)
    const name = `version ${version.number} of the flows`
    if (!stored) throw new CartageError('refused', 'flows.missing', `${name} is not in the store`)
    const { nodes, credentials } = stored.body
    const sound = Array.isArray(nodes) && nodes.every(isNode) && isObject(credentials)
    if (!sound) throw new CartageError('refused', 'flows.damaged', `${name} holds something that is no flow`)
    return { nodes, credentials }
  }

  /**
   * Makes `content` the version that counts, if `over` still is. Fails with `flows.changed` when somebody else has
   * deployed meanwhile, and leaves nothing behind.
   */
  async save(
    content: FlowContent,
    { over, by, note = '' }: { over: FlowVersion | undefined; by: string; note?: string },
  ): Promise<FlowVersion> {
    const head = await this.#head()
    if (head?.body.current.id !== over?.id) throw changed(head?.body.current)
    const number = (over?.number ?? 0) + 1
    const id = `${String(number).padStart(8, '0')}-${randomUUID().slice(0, 8)}`
    const version: FlowVersion = { number, id, at: new Date(this.#clock.now()).toISOString(), by, note }
    await this.#documents.put<Json>(VERSION_KIND, id, { ...content }, { expect: 0 })
    const earlier = over && head ? [over, ...head.body.earlier] : []
    try {
      const body = { current: version, earlier: earlier.slice(0, KEPT) }
      await this.#documents.put<Head>(HEAD_KIND, HEAD_ID, body, { expect: head?.version ?? 0 })
    } catch (error) {
      if (!isVersionLost(error)) throw error
      await this.#documents.delete(VERSION_KIND, id)
      throw changed(await this.current())
    }
    await this.#audit.append({ actor: by, action: 'flows.deploy', subject: 'flows', details: { number, note } })
    for (const old of earlier.slice(KEPT)) await this.#documents.delete(VERSION_KIND, old.id)
    return version
  }

  /** Deploys an earlier version anew. `flows.unknown` when it is not (or no longer) kept. */
  async restore(number: number, by: string): Promise<FlowVersion> {
    const versions = await this.list()
    const wanted = versions.find((version) => version.number === number)
    if (!wanted) throw new CartageError('invalid', 'flows.unknown', `there is no version ${number} of the flows`)
    return this.save(await this.load(wanted), { over: versions[0], by, note: `back to version ${number}` })
  }

  #head() {
    return this.#documents.get<Head>(HEAD_KIND, HEAD_ID)
  }
}

function isObject(value: unknown): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

function isNode(value: unknown): boolean {
  return isObject(value) && typeof value.id === 'string' && typeof value.type === 'string'
}

function changed(now: FlowVersion | undefined): CartageError {
  const what = now ? `${now.by} deployed version ${now.number} of the flows meanwhile` : 'the flows are gone'
  return new CartageError('refused', 'flows.changed', what)
}
