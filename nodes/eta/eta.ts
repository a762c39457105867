import type { NodeAPI, NodeDef } from 'node-red'
import { type CloudEvent, validate } from '../../engine/canonical/index.ts'
import type { Position } from '../../engine/canonical/types.ts'
import { CartageError } from '../../engine/errors.ts'
import { Aboard } from '../../engine/tracking/aboard.ts'
import { EtaWatch, type Promised } from '../../engine/tracking/eta-watch.ts'
import { durableSource } from '../support/durable-source.ts'
import { registerNode } from '../support/register.ts'

interface EtaConfig extends NodeDef {
  thresholdMinutes: number | string
  stopMinutes: number | string
  speedKmh: number | string
  everySeconds: number | string
  maxAttempts: number | string
}

const VISIBILITY_MS = 60_000

export default function (RED: NodeAPI): void {
  registerNode<EtaConfig>(RED, 'eta', (kit) => {
    const { config, cartage, badge } = kit
    const { hub, lifecycle } = cartage
    const { documents, messages } = hub.store
    const channel = `eta.${config.id}`
    const aboard = new Aboard({ lifecycle, clock: hub.clock })
    const publish = hub.publish.bind(hub)
    const deps = { aboard, documents, clock: hub.clock, publish, message: (id: string) => messages.get(id) }
    const watch = new EtaWatch(deps, rulesOf(config), channel)
    const end = durableSource(kit, {
      channel,
      subscription: channel,
      ordered: true,
      concurrency: 8,
      maxAttempts: Number(config.maxAttempts) || 8,
      visibilityMs: VISIBILITY_MS,
      outputs({ payload }, flowMessage) {
        const { event, promised } = payload as unknown as { event: CloudEvent; promised: Promised }
        return [{ ...flowMessage, topic: event.type, payload: event, promised }, null]
      },
    })
    return {
      async input(message) {
        const [issue] = validate('position', message.payload)
        if (issue) throw new CartageError('invalid', 'eta.position', `${issue.field}: ${issue.message}`, issue)
        const position = message.payload as Position
        const changes = await watch.take(position)
        if (changes === 0) return [null, message]
        badge({ fill: 'green', shape: 'dot', key: 'changed', values: { n: changes, vehicle: position.vehicleId } })
        return []
      },
      close() {
        aboard.close()
        return end()
      },
    }
  })
}

function rulesOf({ thresholdMinutes, stopMinutes, speedKmh, everySeconds }: EtaConfig) {
  return {
    thresholdMinutes: Number(thresholdMinutes) || 15,
    stopMinutes: Number(stopMinutes) || 0,
    assumedKmh: Number(speedKmh) || 30,
    everySeconds: Number(everySeconds) || 0,
  }
}
