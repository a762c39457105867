import { connect, type MqttClient } from 'mqtt'
import type { Journal } from './journal.ts'

const VANS = 4
const YEAR_MS = 365 * 86_400_000

/** Phones that publish where they are (OwnTracks, QoS 1), each position again until the broker has acknowledged it. */
export class Vans {
  readonly #journal: Journal
  readonly #clients: MqttClient[]
  readonly #timer: NodeJS.Timeout
  #second: number

  /** @param everyMs milliseconds between two positions of each */
  constructor(mqttUrl: string, journal: Journal, everyMs: number) {
    this.#journal = journal
    // Positions have whole seconds: told faster than that, they begin a year ago.
    this.#second = Math.floor((Date.now() - YEAR_MS) / 1000)
    this.#clients = Array.from({ length: VANS }, (_, index) => {
      const client = connect(mqttUrl, { clientId: `chaos-${index + 1}`, clean: false, reconnectPeriod: 150 })
      client.on('error', () => undefined)
      return client
    })
    this.#timer = setInterval(() => this.#tell(), everyMs)
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await Promise.all(this.#clients.map((client) => client.endAsync(true)))
  }

  #tell(): void {
    this.#second += 1
    const [tst, at] = [this.#second, new Date(this.#second * 1000).toISOString()]
    for (const [index, client] of this.#clients.entries()) {
      const vehicle = `CHAOS-${index + 1}`
      const position = { _type: 'location', lat: 40.72 + index / 100, lon: -74 + (tst % 1000) / 10_000, tst, tid: 'C1' }
      const topic = `owntracks/${vehicle.toLowerCase()}/phone`
      client.publish(topic, JSON.stringify(position), { qos: 1 }, (error) => {
        if (!error) this.#journal.write('position', vehicle, { at })
      })
    }
  }
}
