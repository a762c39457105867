import type { Config } from '../config.ts'
import type { IntakeGate } from '../delivery/intake-gate.ts'
import type { Clock, DocumentStore } from '../store/ports.ts'
import { startBroker } from './broker.ts'
import { connectBroker } from './external.ts'
import { Heirs } from './heirs.ts'
import type { MqttIntake } from './intake.ts'

type MqttConfig = Pick<Config, 'mqtt' | 'mqttHost' | 'mqttPort' | 'mqttDevices' | 'mqttUsername' | 'mqttPassword'>

export interface MqttEvents {
  gate?: IntakeGate
  /** A connection was turned away or broken off. */
  onRefused?: (reason: string, client: { clientId: string; address: string }) => void
  onError?: (error: Error) => void
}

/** The other processes with whom the messages of an external broker are shared. */
export interface MqttGroup {
  /** Name of this process among them. */
  worker: string
  documents: DocumentStore
  clock: Clock
  leaseMs: number
  leads: () => boolean
}

/** All processes of one cluster share the messages under this name. */
const GROUP = 'cartage'

/** The intake that the configuration asks for. Its `close` may be called more than once. */
export async function openMqtt(config: MqttConfig, events: MqttEvents = {}, group?: MqttGroup): Promise<MqttIntake> {
  const intake = await open(config, events, group)
  let closing: Promise<void> | undefined
  return {
    ...intake,
    close() {
      closing ??= intake.close()
      return closing
    },
  }
}

function open(config: MqttConfig, events: MqttEvents, group: MqttGroup | undefined): Promise<MqttIntake> {
  if (config.mqtt === 'embedded') {
    const { mqttHost: host, mqttPort: port, mqttDevices: devices } = config
    return startBroker({ host, port, devices, ...events })
  }
  const address = { url: config.mqtt, username: config.mqttUsername, password: config.mqttPassword }
  const told = events.onError ? { onError: events.onError } : {}
  return group
    ? joinGroup({ ...address, ...told }, group)
    : connectBroker({ ...address, ...told, clientId: 'cartage-hub' })
}

async function joinGroup(
  address: Omit<Parameters<typeof connectBroker>[0], 'clientId' | 'group'>,
  { worker, documents, clock, leaseMs, leads }: MqttGroup,
): Promise<MqttIntake> {
  const clientId = `${GROUP}-${worker}`
  const { subscriptions, inherit, ...intake } = await connectBroker({ ...address, clientId, group: GROUP })
  const complain = (error: unknown) => address.onError?.(error as Error)
  const heirs = new Heirs({ documents, clock, clientId, leaseMs, leads, subscriptions, inherit, complain })
  await heirs.start()
  return {
    ...intake,
    async close() {
      await intake.close()
      await heirs.stop()
    },
  }
}
