import type { NodeAPI, NodeDef } from 'node-red'
import { awaitBooking } from '../../engine/api/await-shipment.ts'
import type { AcceptedRequest } from '../../engine/api/call.ts'
import type { Shipment } from '../../engine/canonical/types.ts'
import { deriveId } from '../../engine/delivery/ids.ts'
import { CartageError } from '../../engine/errors.ts'
import { durableSource } from '../support/durable-source.ts'
import { registerNode } from '../support/register.ts'

interface ApiInConfig extends NodeDef {
  /** operationId of a command in openapi.yaml. */
  operation: string
  /** How long the caller waits for the outcome before being told "accepted", milliseconds. */
  waitMs: number | string
  concurrency: number | string
  maxAttempts: number | string
}

const VISIBILITY_MS = 60_000

export default function (RED: NodeAPI): void {
  registerNode<ApiInConfig>(RED, 'api-in', (kit) => {
    const { config, cartage } = kit
    const { hub, lifecycle, api } = cartage
    if (!config.operation) throw new Error(RED._('api-in.errors.noOperation'))
    const channel = `api.${config.operation}`
    const waitMs = Number(config.waitMs)
    const changes = {
      onChange: (heard: (shipment: Shipment) => void) => lifecycle.onChange(({ shipment }) => heard(shipment)),
    }
    const detach = api.commands.attach(config.operation, {
      async accept(request) {
        const [outcome] = await hub.publish([messageOf(request, channel)])
        if (outcome === undefined) throw new CartageError('bug', 'api-in.no-outcome', 'the store gave no outcome')
        return outcome
      },
      kept: async (request) => (await hub.store.messages.get(messageOf(request, channel).id))?.payload,
      awaitShipment: (shipmentId, ms) =>
        awaitBooking({ changes, documents: hub.store.documents, others: hub.store.shared }, shipmentId, ms),
      ...(Number.isFinite(waitMs) && { waitMs }),
    })
    const end = durableSource(kit, {
      channel,
      subscription: channel,
      ordered: true,
      concurrency: Number(config.concurrency) || 8,
      maxAttempts: Number(config.maxAttempts) || 8,
      visibilityMs: VISIBILITY_MS,
    })
    return {
      close() {
        detach()
        return end()
      },
    }
  })
}

/** The same command again gives the same id, so it is stored once. */
function messageOf(request: AcceptedRequest, channel: string) {
  const { identity, key, payload, raw, headers, correlationId } = request
  return {
    id: deriveId('api', ...identity),
    channel,
    key,
    payload,
    raw,
    headers: { ...headers, intake: 'http' },
    correlationId,
  }
}
