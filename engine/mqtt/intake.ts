/** A message as it came from a vehicle or a telematics service. */
export interface MqttMessage {
  topic: string
  payload: Buffer
  /** Empty where the broker does not tell who published (an external one). */
  clientId: string
  /** The credential that published: who it is follows from this, never from the payload. */
  username?: string
}

/**
 * Stores one message. The sender gets its acknowledgement only after the promise is fulfilled, so fulfil it when the
 * commit is on disk. Rejecting ends the sender's connection without an acknowledgement, and it sends the message again
 * when it is back: reject only what may go better later, and fulfil (after counting it) what is unusable for good.
 * The same message may come again at any time (QoS 1): handlers must be insert-if-absent.
 */
export type MqttHandler = (message: MqttMessage) => Promise<void>

/** Where messages come in, whichever broker stands behind it. */
export interface MqttIntake {
  /** Calls `handler` for every message whose topic matches the filter (MQTT's + and #); the result ends it. */
  consume(topicFilter: string, handler: MqttHandler): () => void
  /** False while the broker cannot be reached. */
  ready(): boolean
  /** Takes no new message, waits for the handlers under way, then closes. */
  close(): Promise<void>
}

/** The intake of a process that takes no work. */
export const NO_INTAKE: MqttIntake = { consume: () => () => {}, ready: () => true, close: async () => {} }
