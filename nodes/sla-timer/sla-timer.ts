import type { NodeAPI, NodeDef } from 'node-red'
import { type SlaNotice, slaChannel } from '../../engine/delivery/sla.ts'
import type { Term } from '../../engine/delivery/sla-term.ts'
import { calendarNamed } from '../business-calendar/business-calendar.ts'
import { durableSource } from '../support/durable-source.ts'
import { originIn } from '../support/origin.ts'
import { type FlowMessage, type NodeKit, registerNode } from '../support/register.ts'
import { slaTimersOf } from '../support/sla-timers.ts'
import { typedText, typedValue } from '../support/typed.ts'

interface SlaTimerConfig extends NodeDef {
  timer: string
  action: 'start' | 'restart' | 'stop' | 'pause' | 'resume'
  key: string
  keyType: string
  /** How much of `unit`. It keeps the name that it had when minutes were the only unit. */
  minutes: string
  minutesType: string
  /** Absent in flows that were saved before there were others: minutes. */
  unit?: Term['unit']
  /** Id of a `business-calendar`; without one time simply passes. */
  calendar?: string
  warnAt: number | string
  /** Minutes after the breach, separated by commas; absent in flows that were saved before there were ladders. */
  ladder?: string
}

const MINUTE_MS = 60_000

export default function (RED: NodeAPI): void {
  registerNode<SlaTimerConfig>(RED, 'sla-timer', (kit) => {
    const { config, badge } = kit
    if (!config.timer) throw new Error(RED._('sla-timer.errors.noTimer'))
    const starts = config.action === 'start' || config.action === 'restart'
    const calendar = starts ? calendarNamed(RED, config.calendar) : undefined
    const end = starts ? noticeSource(kit) : undefined
    const ladder = stepsOf(config.ladder)
    return {
      rehearsable: true,
      async input(message, cartage) {
        const timers = slaTimersOf(cartage)
        const origin = originIn(cartage.tracker, message)
        const key =
          config.keyType && config.keyType !== 'auto'
            ? await typedText(kit, 'key', { value: config.key, type: config.keyType }, message)
            : origin.key
        const now = cartage.hub.clock.now()
        if (starts) {
          const state = await timers.start({
            timer: config.timer,
            key,
            startedAt: Date.parse(origin.acceptedAt),
            term: await termOf(kit, message),
            ...(calendar && { calendar }),
            warnShare: (Number(config.warnAt) || 80) / 100,
            ladder,
            anew: config.action === 'restart',
            correlationId: origin.correlationId,
          })
          badge({
            fill: 'green',
            shape: 'dot',
            key: 'started',
            values: { key, due: new Date(state.dueAt).toISOString() },
          })
        } else if (config.action === 'stop') await timers.stop(config.timer, key, Date.parse(origin.acceptedAt))
        else if (config.action === 'pause') await timers.pause(config.timer, key, now)
        else await timers.resume(config.timer, key, now)
        return []
      },
      ...(end && { close: end }),
    }
  })
}

async function termOf(kit: NodeKit<SlaTimerConfig>, message: FlowMessage): Promise<Term> {
  const { minutes, minutesType, unit = 'minutes' } = kit.config
  const amount = await typedValue(kit, { value: minutes, type: minutesType || 'num' }, message)
  return { amount: amount === '' || amount === null ? Number.NaN : Number(amount), unit }
}

/** What is no number is kept as one that the engine refuses. */
function stepsOf(ladder = ''): number[] {
  return ladder
    .split(',')
    .filter((step) => step.trim() !== '')
    .map(Number)
}

const OUTPUTS: readonly SlaNotice['phase'][] = ['warning', 'breach', 'escalation']

/** The node that starts an agreement also tells of its warnings, breaches and escalations, each as a delivery of its own. */
function noticeSource(kit: NodeKit<SlaTimerConfig>): () => Promise<void> {
  const channel = slaChannel(kit.config.timer)
  const timers = slaTimersOf(kit.cartage)
  kit.cartage.hub.pump(channel)
  return durableSource(kit, {
    channel,
    subscription: channel,
    ordered: true,
    concurrency: 8,
    maxAttempts: 8,
    visibilityMs: MINUTE_MS,
    wanted: (message) => timers.holds(message.payload as unknown as SlaNotice),
    outputs: ({ payload }, flowMessage) =>
      OUTPUTS.map((phase) => (phase === (payload as unknown as SlaNotice).phase ? flowMessage : null)),
  })
}
