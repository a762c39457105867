import type { Config } from '../../engine/config.ts'
import type { IntakeGate } from '../../engine/delivery/intake-gate.ts'
import type { Hub } from '../../engine/hub.ts'
import { type MqttIntake, NO_INTAKE } from '../../engine/mqtt/intake.ts'
import { openMqtt } from '../../engine/mqtt/open.ts'
import type { Metrics } from '../../engine/telemetry/metrics.ts'
import type { Leads } from './leadership.ts'

interface MqttDeps {
  config: Config
  metrics: Metrics
  gate: IntakeGate
  leads: Leads
  complain: (error: unknown) => void
}

/** Where vehicles publish to. A process that takes no work listens to nobody; several share what an external broker has. */
export async function mqttOf(hub: Hub, { config, metrics, gate, leads, complain }: MqttDeps): Promise<MqttIntake> {
  if (!hub.options.takesWork) return NO_INTAKE
  const events = { gate, onRefused: (reason: string) => metrics.refused('mqtt', reason), onError: complain }
  const { documents, shared } = hub.store
  const group = { worker: config.worker, documents, clock: hub.clock, leaseMs: hub.options.leaseMs, leads }
  const mqtt = await openMqtt(config, events, shared ? group : undefined)
  hub.drains.add(() => mqtt.close())
  return mqtt
}
