import type { NodeAPI, NodeDef } from 'node-red'
import { type SlaNotice, SlaTimers, slaChannel } from '../../engine/delivery/sla.ts'
import { CartageError } from '../../engine/errors.ts'
import { durableSource } from '../support/durable-source.ts'
import { originIn } from '../support/origin.ts'
import { type NodeKit, registerNode } from '../support/register.ts'
import { typedText, typedValue } from '../support/typed.ts'

interface SlaTimerConfig extends NodeDef {
  timer: string
  action: 'start' | 'stop' | 'pause' | 'resume'
  key: string
  keyType: string
  minutes: string
  minutesType: string
  warnAt: number | string
}

const MINUTE_MS = 60_000

export default function (RED: NodeAPI): void {
  registerNode<SlaTimerConfig>(RED, 'sla-timer', (kit) => {
    const { config, cartage, badge } = kit
    if (!config.timer) throw new Error(RED._('sla-timer.errors.noTimer'))
    const { hub, tracker } = cartage
    const timers = new SlaTimers({ timers: hub.store.timers, documents: hub.store.documents, motor: hub.store.motor })
    const end = config.action === 'start' ? noticeSource(kit, timers) : undefined
    return {
      async input(message) {
        const origin = originIn(tracker, message)
        const key =
          config.keyType && config.keyType !== 'auto'
            ? await typedText(kit, 'key', { value: config.key, type: config.keyType }, message)
            : origin.key
        const now = hub.clock.now()
        if (config.action === 'start') {
          const minutes = Number(
            await typedValue(kit, { value: config.minutes, type: config.minutesType || 'num' }, message),
          )
          if (!(minutes > 0))
            throw new CartageError('invalid', 'sla.duration', `minutes must be above zero, not ${minutes}`, {
              field: 'minutes',
            })
          const state = await timers.start({
            timer: config.timer,
            key,
            startedAt: Date.parse(origin.acceptedAt),
            durationMs: minutes * MINUTE_MS,
            warnShare: (Number(config.warnAt) || 80) / 100,
            correlationId: origin.correlationId,
          })
          badge({
            fill: 'green',
            shape: 'dot',
            key: 'started',
            values: { key, due: new Date(state.dueAt).toISOString() },
          })
        } else if (config.action === 'stop') await timers.stop(config.timer, key)
        else if (config.action === 'pause') await timers.pause(config.timer, key, now)
        else await timers.resume(config.timer, key, now)
        return []
      },
      ...(end && { close: end }),
    }
  })
}

/** The node that starts an agreement also tells of its warnings and breaches, each as a delivery of its own. */
function noticeSource(kit: NodeKit<SlaTimerConfig>, timers: SlaTimers): () => Promise<void> {
  const channel = slaChannel(kit.config.timer)
  kit.cartage.hub.pump(channel)
  return durableSource(kit, {
    channel,
    subscription: channel,
    ordered: true,
    concurrency: 8,
    maxAttempts: 8,
    visibilityMs: MINUTE_MS,
    wanted: (message) => timers.holds(message.payload as unknown as SlaNotice),
    outputs: (message, flowMessage) =>
      (message.payload as unknown as SlaNotice).phase === 'warning' ? [flowMessage, null] : [null, flowMessage],
  })
}
