import type { NodeAPI, NodeDef } from 'node-red'
import type { Json } from '../../engine/json.ts'
import { CartageError, categoryOf } from '../../engine/errors.ts'
import { NODE_PREFIX } from '../../engine/mapping/lab/place.ts'
import { mapEntities, mapEvents } from '../../engine/mapping/map-events.ts'
import { mapOut } from '../../engine/mapping/map-out.ts'
import { noteUnmapped } from '../support/note-unmapped.ts'
import { mappedWith } from '../support/mapped-with.ts'
import { originIn } from '../support/origin.ts'
import { type PartnerHandle, partnerFor } from '../support/partners.ts'
import {
  type FlowMessage,
  isWired,
  type NodeKit,
  type Outputs,
  registerNode,
  withFailure,
} from '../support/register.ts'
import { formatOf, readDocument, writeDocument } from './documents.ts'

interface CanonicalMapperConfig extends NodeDef {
  /** Empty: the partner named in msg.partner. */
  partner: string
  /** `in`: the partner's payload to canonical. `out`: canonical to the partner's. */
  direction: 'in' | 'out'
  entity: string
  /** A file under the template's map/ folder, or the JSONata itself. */
  mapping: string
  mappingType: 'template' | 'jsonata'
}

/** Characters that are kept of what a message gave. */
const MAX_GAVE = 80

/** What came of a message: the code of its refusal, or what the mapping made of it. */
interface Outcome {
  refused?: string
  gave?: string | undefined
}

type Kit = NodeKit<CanonicalMapperConfig>

export default function (RED: NodeAPI): void {
  registerNode<CanonicalMapperConfig>(RED, 'canonical-mapper', (kit) => {
    const { config, cartage, node, badge } = kit
    // A mapping written here that does not even parse is told at deploy, not at the first message.
    if (config.mappingType === 'jsonata') cartage.evaluator.compile(config.mapping)
    return {
      rehearsable: true,
      async input(message: FlowMessage, now): Promise<Outputs> {
        let read: FlowMessage | undefined
        const see = (outcome: Outcome) => now.rehearsal || (read && watch(kit, read, outcome))
        try {
          read = config.direction === 'out' ? message : opened(kit, message)
          const mapped =
            config.direction === 'out' ? await outgoing(kit, read) : await incoming({ ...kit, cartage: now }, read)
          see({ gave: gaveOf(mapped) })
          // Without a wire the results would be gone, and the message be done: it is kept as a dead letter instead.
          if (mapped.length > 0 && !isWired(node, 0))
            throw new CartageError('bug', 'mapping.unwired', kit.RED._('canonical-mapper.errors.unwired'))
          badge({
            fill: 'green',
            shape: 'dot',
            key: mapped.length === 0 ? 'nothing' : 'mapped',
            values: { n: mapped.length },
          })
          return [mapped, null]
        } catch (error) {
          if (error instanceof CartageError && error.category === 'invalid') see({ refused: error.code })
          if (categoryOf(error) !== 'invalid' || !isWired(node, 1)) throw error
          const refused = withFailure(message, error, node)
          badge({ fill: 'red', shape: 'ring', key: 'refused', values: { code: refused.failure?.code ?? '' } })
          return [null, refused]
        }
      },
    }
  })
}

/** The message with its payload read, where the template declares the mapping for a document in some format. */
function opened({ RED, cartage, config }: Kit, message: FlowMessage): FlowMessage {
  if (config.mappingType === 'jsonata') return message
  const { profile } = partnerFor(RED, cartage, config.partner, message.partner)
  return { ...message, payload: readDocument(formatOf(profile, fileOf(config), 'in'), message.payload) }
}

/** One message per canonical event or document; none when the payload holds nothing of interest. */
async function incoming(kit: Kit, message: FlowMessage): Promise<FlowMessage[]> {
  const { config, cartage } = kit
  const handle = partnerFor(kit.RED, cartage, config.partner, message.partner)
  const origin = originIn(cartage.tracker, message)
  const mapping = { profile: handle.profile, name: nameOf(kit), source: sourceOf(config, handle) }
  const delivery = cartage.tracker.current(message)
  const how = await mappedWith(cartage, mapping, delivery)
  const lookups = new Set<string>()
  const job = {
    ...how,
    missed: (code: string) => lookups.add(code),
    body: message.payload,
    headers: origin.headers,
    params: handle.parameters,
    context: { receivedAt: origin.acceptedAt, correlationId: origin.correlationId },
  }
  const told = { ...message, partner: handle.slug, mappingVersion: how.mappingVersion }
  if (config.entity === 'delivery-event' || !config.entity) {
    const events = await mapEvents(cartage.evaluator, job)
    await noteUnmapped(cartage, events, { mapping: mapping.name, lookups, delivery })
    return events.map((event) => ({ ...told, topic: event.type, payload: event }))
  }
  const documents = await mapEntities(cartage.evaluator, job)
  return documents.map(({ entity, value }) => ({ ...told, topic: entity, payload: value }))
}

async function outgoing(kit: Kit, message: FlowMessage): Promise<FlowMessage[]> {
  const handle = partnerFor(kit.RED, kit.cartage, kit.config.partner, message.provider ?? message.partner)
  const payload = (await mapOut(kit.cartage.evaluator, {
    entity: kit.config.entity,
    mappingSource: sourceOf(kit.config, handle),
    document: message.payload,
    params: handle.parameters,
  })) as Json
  if (payload === undefined) return []
  const format = kit.config.mappingType === 'jsonata' ? undefined : formatOf(handle.profile, fileOf(kit.config), 'out')
  return [{ ...message, payload: writeDocument(format, payload) }]
}

/** As versions, samples and drift know the mapping. */
function nameOf({ config, node }: Pick<Kit, 'config' | 'node'>): string {
  return config.mappingType === 'jsonata' ? `${NODE_PREFIX}${node.id}` : fileOf(config)
}

/** What the mapping was given is looked at now and then, for drift and as a sample. */
function watch({ RED, config, cartage, node }: Kit, message: FlowMessage, { refused, gave }: Outcome): void {
  const isOurs = config.direction === 'out'
  const named = isOurs ? (message.provider ?? message.partner) : message.partner
  const { slug } = partnerFor(RED, cartage, config.partner, named)
  cartage.lab.watch.see({
    ...{ partner: slug, mapping: nameOf({ config, node }), body: message.payload, isOurs },
    message: () => cartage.tracker.current(message)?.message,
    ...(refused !== undefined && { refused }),
    ...(gave !== undefined && config.direction !== 'out' && { gave }),
  })
}

/** Type and code of the first event, as a list of samples tells messages apart. */
function gaveOf([first]: FlowMessage[]): string | undefined {
  const { data } = (first?.payload ?? {}) as { data?: { rawCode?: unknown } }
  const told = [first?.topic, data?.rawCode].filter((one) => typeof one === 'string').join(' ')
  return told === '' ? undefined : told.slice(0, MAX_GAVE)
}

function fileOf({ mapping }: CanonicalMapperConfig): string {
  const file = mapping || 'webhook.jsonata'
  return file.startsWith('map/') ? file : `map/${file}`
}

function sourceOf(config: CanonicalMapperConfig, handle: PartnerHandle): string {
  if (config.mappingType === 'jsonata') return config.mapping
  const file = fileOf(config)
  const source = handle.profile.mappings[file]
  if (source === undefined)
    throw new CartageError('bug', 'mapping.missing', `${handle.profile.label} has no mapping ${file}`, {
      field: 'mapping',
    })
  return source
}
