import type { Config } from '../config.ts'
import { startBroker } from './broker.ts'
import { connectBroker } from './external.ts'
import type { MqttIntake } from './intake.ts'

type MqttConfig = Pick<Config, 'mqtt' | 'mqttHost' | 'mqttPort' | 'mqttDevices' | 'mqttUsername' | 'mqttPassword'>

export interface MqttEvents {
  /** A connection was turned away or broken off. */
  onRefused?: (reason: string, client: { clientId: string; address: string }) => void
  onError?: (error: Error) => void
}

/** The intake that the configuration asks for. */
export function openMqtt(config: MqttConfig, events: MqttEvents = {}): Promise<MqttIntake> {
  if (config.mqtt === 'embedded') {
    const { mqttHost: host, mqttPort: port, mqttDevices: devices } = config
    return startBroker({ host, port, devices, ...(events.onRefused ? { onRefused: events.onRefused } : {}) })
  }
  return connectBroker({
    url: config.mqtt,
    username: config.mqttUsername,
    password: config.mqttPassword,
    clientId: 'cartage-hub',
    ...(events.onError ? { onError: events.onError } : {}),
  })
}
