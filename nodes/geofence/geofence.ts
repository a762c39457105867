import type { NodeAPI, NodeDef } from 'node-red'
import { type CloudEvent, validate } from '../../engine/canonical/index.ts'
import type { Position } from '../../engine/canonical/types.ts'
import { CartageError } from '../../engine/errors.ts'
import { Aboard } from '../../engine/tracking/aboard.ts'
import { concerning, vehicleOf } from '../../engine/tracking/alerts.ts'
import { readYards } from '../../engine/tracking/fences.ts'
import { type Look, Silence } from '../../engine/tracking/silence.ts'
import { messageOf, type Told } from '../../engine/tracking/telling.ts'
import { VehicleWatch } from '../../engine/tracking/vehicle-watch.ts'
import { durableSource } from '../support/durable-source.ts'
import { type FlowMessage, type NodeKit, type Outputs, registerNode } from '../support/register.ts'

interface GeofenceConfig extends NodeDef {
  radiusM: number | string
  dwellMinutes: number | string
  deviationM: number | string
  silentMinutes: number | string
  /** GeoJSON. */
  yards: string
  maxAttempts: number | string
}

/** What the node's channel carries: what happened, or that it is time to look for a vehicle. */
type Carried = ({ kind: 'told' } & Told) | Look

const VISIBILITY_MS = 60_000

export default function (RED: NodeAPI): void {
  registerNode<GeofenceConfig>(RED, 'geofence', (kit) => {
    const { config, cartage } = kit
    const { hub, lifecycle } = cartage
    const { documents, timers, motor } = hub.store
    const channel = `geofence.${config.id}`
    const aboard = new Aboard({ lifecycle, clock: hub.clock })
    const deps = { aboard, lifecycle, documents, timers, motor, clock: hub.clock }
    const publish = hub.publish.bind(hub)
    const watch = new VehicleWatch({ ...deps, publish }, rulesOf(config), channel)
    const silence = new Silence({ ...deps, publish }, { minutes: Number(config.silentMinutes) || 0, channel })
    hub.pump(channel)
    const end = toldEvents(kit, channel, silence)
    return {
      async input(message): Promise<Outputs> {
        const event = message.payload as CloudEvent | undefined
        if (event?.data !== undefined) return concern(kit, channel, aboard, event)
        const position = positionIn(message)
        await silence.heard(position)
        const judgement = await watch.take(position)
        if (judgement === 'doubtful')
          kit.badge({ fill: 'yellow', shape: 'ring', key: 'doubtful', values: { vehicle: position.vehicleId } })
        return judgement === 'told' ? [] : [null, message]
      },
      close() {
        aboard.close()
        return end()
      },
    }
  })
}

function rulesOf({ radiusM, dwellMinutes, deviationM, yards }: GeofenceConfig) {
  return {
    radiusM: Number(radiusM) || 150,
    dwellMs: (Number(dwellMinutes) || 0) * 60_000,
    deviationM: Number(deviationM) || 0,
    yards: readYards(yards ?? ''),
  }
}

function positionIn({ payload }: FlowMessage): Position {
  const [issue] = validate('position', payload)
  if (issue) throw new CartageError('invalid', 'geofence.position', `${issue.field}: ${issue.message}`, issue)
  return payload as Position
}

/** What happened to a vehicle becomes what happened to the shipments in it. */
async function concern(kit: NodeKit<GeofenceConfig>, channel: string, aboard: Aboard, event: CloudEvent) {
  const [issue] = validate('delivery-event', event.data)
  if (issue) throw new CartageError('invalid', 'geofence.event', `${issue.field}: ${issue.message}`, issue)
  const vehicle = vehicleOf(event)
  if (vehicle === undefined)
    throw new CartageError('invalid', 'geofence.event', 'the event is about no vehicle', { field: 'shipmentRef' })
  const events = concerning(event, await aboard.of(vehicle))
  const carried = events.map((one) => messageOf(channel, one, { kind: 'told', event: one }))
  if (carried.length > 0) await kit.cartage.hub.publish(carried)
  return []
}

/** What happened leaves by the first output, each a delivery of its own that stays open until the flow behind is done. */
function toldEvents(kit: NodeKit<GeofenceConfig>, channel: string, silence: Silence): () => Promise<void> {
  return durableSource(kit, {
    channel,
    subscription: channel,
    ordered: true,
    concurrency: 8,
    maxAttempts: Number(kit.config.maxAttempts) || 8,
    visibilityMs: VISIBILITY_MS,
    async wanted({ payload }) {
      const carried = payload as unknown as Carried
      if (carried.kind === 'told') return true
      await silence.look(carried)
      return false
    },
    outputs({ payload }, flowMessage) {
      const { event, stay } = payload as unknown as Told
      return [{ ...flowMessage, topic: event.type, payload: event, ...(stay && { stay }) }, null]
    },
  })
}
