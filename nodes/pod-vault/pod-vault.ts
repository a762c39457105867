import type { NodeAPI, NodeDef } from 'node-red'
import type { CloudEvent } from '../../engine/canonical/index.ts'
import type { Shipment } from '../../engine/canonical/types.ts'
import { CartageError, categoryOf } from '../../engine/errors.ts'
import { publishMatched } from '../support/matched.ts'
import { type FlowMessage, isWired, registerNode, withFailure } from '../support/register.ts'

interface PodVaultConfig extends NodeDef {
  maxMegabytes: number | string
  /** Media types, separated by commas. */
  types: string
  /** Kilobytes below which a file shows nothing; empty: any size will do. */
  minKilobytes?: number | string
  /** A delivery without any proof is refused. */
  required?: boolean
}

const KILOBYTE = 1024
const MEGABYTE = KILOBYTE * KILOBYTE

export default function (RED: NodeAPI): void {
  registerNode<PodVaultConfig>(RED, 'pod-vault', (kit) => {
    const { config, badge, node } = kit
    const rules = {
      maxBytes: (Number(config.maxMegabytes) || 10) * MEGABYTE,
      types: (config.types || 'image/jpeg,image/png,application/pdf').split(',').map((type) => type.trim()),
      minBytes: (Number(config.minKilobytes) || 0) * KILOBYTE,
      required: config.required === true,
    }
    return {
      rehearsable: true,
      async input(message: FlowMessage, cartage) {
        const event = (message.payload as CloudEvent | undefined)?.data
        const shipmentId = (message.shipment as Shipment | undefined)?.shipmentId ?? event?.shipmentId
        if (!event || !shipmentId)
          throw new CartageError('invalid', 'pod.no-event', 'msg.payload is no event of a known shipment', {
            field: 'payload',
          })
        try {
          const pod = await cartage.vault.keep(shipmentId, event, rules)
          const recorded = await cartage.lifecycle.recordProofOfDelivery(shipmentId, { podId: pod.podId })
          await publishMatched(cartage, message, recorded.matched)
          badge({ fill: 'green', shape: 'dot', key: 'kept', values: { n: pod.evidence.length } })
          return [{ ...message, pod, shipment: recorded.shipment }, null]
        } catch (error) {
          if (categoryOf(error) !== 'invalid' || !isWired(node, 1)) throw error
          badge({ fill: 'red', shape: 'ring', key: 'refused' })
          return [null, withFailure(message, error, node)]
        }
      },
    }
  })
}
