import type { MqttMessage } from '../../engine/mqtt/intake.ts'

/** What a vehicle said, and over what. Without a topic (over HTTP) it is the login that tells who it is. */
export interface Told extends MqttMessage {
  intake: 'mqtt' | 'http'
}
