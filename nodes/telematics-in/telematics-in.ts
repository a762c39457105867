import { createHash } from 'node:crypto'
import type { NodeAPI, NodeDef } from 'node-red'
import { parseJson } from '../../engine/api/json.ts'
import type { Position } from '../../engine/canonical/types.ts'
import { deriveId } from '../../engine/delivery/ids.ts'
import { Positions } from '../../engine/delivery/positions.ts'
import { UNUSABLE_HEADER } from '../../engine/delivery/unusable.ts'
import { CartageError } from '../../engine/errors.ts'
import type { Json } from '../../engine/json.ts'
import { mapEvents, mapPositions } from '../../engine/mapping/map-events.ts'
import type { NewMessage } from '../../engine/store/ports.ts'
import { durableSource } from '../support/durable-source.ts'
import { noteUnmapped } from '../support/note-unmapped.ts'
import { mappedWith } from '../support/mapped-with.ts'
import { type PartnerHandle, partnerNode } from '../support/partners.ts'
import { type FlowMessage, type NodeKit, registerNode } from '../support/register.ts'
import { overHttp } from './over-http.ts'
import type { Told } from './told.ts'

interface TelematicsInConfig extends NodeDef {
  partner: string
  /** MQTT topic filters, separated by commas or lines; empty: the template's. */
  topics: string
  /** Positions of one vehicle closer together than this are kept, but not sent into the flow. */
  minIntervalSeconds: number | string
  maxAttempts: number | string
}

type Kit = NodeKit<TelematicsInConfig>

const VISIBILITY_MS = 60_000

export default function (RED: NodeAPI): void {
  registerNode<TelematicsInConfig>(RED, 'telematics-in', (kit) => {
    const { config, cartage } = kit
    const handle = partnerNode(RED, config.partner)
    const binding = handle.profile.mqtt
    if (!binding) throw new Error(RED._('telematics-in.errors.noMqtt', { partner: handle.profile.label }))
    const channel = `telematics.${handle.slug}`
    const positions = new Positions({ documents: cartage.hub.store.documents, clock: cartage.hub.clock })
    const emit = throttled(kit, (Number(config.minIntervalSeconds) || 0) * 1000)
    const topics = topicsOf(config.topics, binding.topics)
    const position = (told: Told) => takePosition(kit, handle, positions, channel, told, emit)
    const event = (told: Told) => takeEvent(kit, handle, channel, told)
    const ends = topics.map((topic) =>
      cartage.mqtt.consume(topic, (message) => position({ ...message, intake: 'mqtt' })),
    )
    for (const topic of binding.events?.topics ?? [])
      ends.push(cartage.mqtt.consume(topic, (message) => event({ ...message, intake: 'mqtt' })))
    const take = async (told: Told) => {
      await position(told)
      if (binding.events) await event(told)
    }
    ends.push(overHttp({ RED, cartage, handle, channel, take }))
    const end = durableSource(kit, {
      channel,
      subscription: channel,
      partner: handle.slug,
      ordered: true,
      concurrency: 8,
      maxAttempts: Number(config.maxAttempts) || 8,
      visibilityMs: VISIBILITY_MS,
      outputs: (_message, flowMessage) => [null, flowMessage],
    })
    return {
      close() {
        for (const stop of ends) stop()
        return end()
      },
    }
  })
}

/** Stored before the device gets its acknowledgement: the newest position of the vehicle is kept, an older one changes nothing. */
async function takePosition(
  kit: Kit,
  handle: PartnerHandle,
  positions: Positions,
  channel: string,
  message: Told,
  emit: (position: Position) => void,
): Promise<void> {
  const mapping = handle.profile.mqtt?.mapping ?? ''
  const told = await usable(kit, handle, channel, mapping, message, async (body) =>
    mapPositions(kit.cartage.evaluator, job(kit, handle, mapping, body, message)),
  )
  if (!told) return
  const outcomes = await positions.keepAll(told)
  for (const [index, position] of told.entries()) {
    if (outcomes[index] === 'kept') emit(position)
    if (outcomes[index] === 'implausible') kit.cartage.metrics.refused(message.intake, 'position.time')
  }
}

/** What a device says about a stop becomes a durable message; the flow behind the second output gets it. */
async function takeEvent(kit: Kit, handle: PartnerHandle, channel: string, message: Told): Promise<void> {
  const mapping = handle.profile.mqtt?.events?.mapping ?? ''
  const events = await usable(kit, handle, channel, mapping, message, async (body) => {
    const asked = job(kit, handle, mapping, body, message)
    const how = { profile: handle.profile, name: mapping, source: asked.mappingSource }
    const lookups = new Set<string>()
    const missed = (code: string) => lookups.add(code)
    const version = await mappedWith(kit.cartage, how, undefined)
    const events = await mapEvents(kit.cartage.evaluator, { ...asked, ...version, missed })
    await noteUnmapped(kit.cartage, events, { mapping, lookups, delivery: undefined })
    return events
  })
  if (!events || events.length === 0) return
  const outcomes = await kit.cartage.hub.publish(
    events.map((event) => ({
      id: deriveId('telematics', event.id),
      channel,
      key: event.subject ?? event.id,
      // Received at different times, one and the same fact must be one and the same message.
      payload: { ...event, data: { ...event.data, receivedAt: event.data.occurredAt } } as unknown as Json,
      headers: { partner: handle.slug, intake: message.intake },
      correlationId: event.subject ?? event.id,
      raw: message.payload,
    })),
  )
  if (!outcomes.includes('conflict')) return
  // As with webhooks: the id is known with other content, somebody has to look at it, and neither telling may vanish.
  const text = 'an event with the id of an earlier one says something else'
  const error = new CartageError('invalid', 'telematics.contradiction', text)
  kit.cartage.metrics.refused(message.intake, error.code)
  await kit.cartage.hub.publish([unusable(handle, channel, message, error)])
}

function job(kit: Kit, handle: PartnerHandle, mapping: string, body: unknown, message: Told) {
  const receivedAt = new Date(kit.cartage.hub.clock.now()).toISOString()
  return {
    profile: handle.profile,
    mappingSource: handle.profile.mappings[mapping] ?? '',
    body,
    headers: { topic: message.topic, clientId: message.clientId, username: message.username ?? '' },
    params: handle.parameters,
    context: { receivedAt, correlationId: message.topic || handle.slug, source: 'TELEMATICS' as const },
  }
}

/** What cannot be used goes to the dead letters with its bytes, and is acknowledged: the device would only send it for ever. */
async function usable<T>(
  kit: Kit,
  handle: PartnerHandle,
  channel: string,
  mapping: string,
  message: Told,
  read: (body: unknown) => Promise<T>,
): Promise<T | undefined> {
  try {
    const body = parseJson(message.payload)
    kit.cartage.lab.watch.see({ partner: handle.slug, mapping, body })
    return await read(body)
  } catch (error) {
    if (!(error instanceof CartageError) || error.category === 'transient') throw error
    kit.cartage.metrics.refused(message.intake, error.code)
    await kit.cartage.hub.publish([unusable(handle, channel, message, error)])
    return undefined
  }
}

function unusable(handle: PartnerHandle, channel: string, message: Told, error: CartageError): NewMessage {
  const id = deriveId('telematics-unusable', message.topic, createHash('sha256').update(message.payload).digest('hex'))
  const headers = {
    partner: handle.slug,
    intake: message.intake,
    topic: message.topic,
    [UNUSABLE_HEADER]: `${error.code}: ${error.message}`.slice(0, 500),
  }
  return { id, channel, key: id, payload: null, headers, correlationId: id, raw: message.payload }
}

/** Positions in a flow are for looking, not for keeping: they are sent as they come, at most one per vehicle and interval. */
function throttled(kit: Kit, intervalMs: number): (position: Position) => void {
  const last = new Map<string, number>()
  return (position) => {
    const at = Date.parse(position.at)
    if (at - (last.get(position.vehicleId) ?? 0) < intervalMs) return
    last.set(position.vehicleId, at)
    const message: Partial<FlowMessage> = { topic: 'position.updated', payload: position, partner: position.provider }
    kit.node.send([message, null] as never)
  }
}

function topicsOf(written: string, declared: string[]): string[] {
  const own = (written ?? '')
    .split(/[\n,]/)
    .map((topic) => topic.trim())
    .filter((topic) => topic !== '')
  return own.length > 0 ? own : declared
}
