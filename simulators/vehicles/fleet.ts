import type { MqttClient } from 'mqtt'
import { connect } from 'mqtt'
import type { Documents } from '../documents.ts'
import type { JsonObject } from '../json.ts'
import { chance } from '../json.ts'
import type { Ledger } from '../ledger.ts'
import type { Place } from '../places.ts'
import { between, DEPOT, heading, metres } from '../places.ts'
import type { RoadStop } from '../simulator.ts'
import type { Fix } from './payloads.ts'
import { ownTracksLocation, ownTracksTransition, traccarGeofence, traccarPosition } from './payloads.ts'

/** Odd vans carry a phone with OwnTracks, even ones a tracker behind a Traccar server. */
const VANS = 4
const CRUISE_KMH = 31

/** The topics that a Traccar server forwards to (its forward.topic and event.forward.topic). */
const TRACCAR_TOPICS = { positions: 'traccar/positions', events: 'traccar/events' }

interface Deps {
  documents: Documents
  ledger: Ledger
  mqttUrl: string
  speed: number
  log: (message: string) => void
}

interface Van {
  id: string
  number: number
  at: Place
  odometerKm: number
  /** The door it is driving to, and how many ticks of the way are behind it. */
  leg?: { stop: RoadStop; from: Place; ticks: number }
  atDoor?: RoadStop
}

/** Vans that drive to the doors of the parcels under way and report over MQTT (QoS 1, resent after a reconnect). */
export class Fleet {
  readonly #deps: Deps
  readonly #vans: Van[]
  readonly #clients = new Map<string, MqttClient>()
  readonly #ticksPerLeg: number
  #timer: NodeJS.Timeout | undefined

  constructor(deps: Deps) {
    this.#deps = deps
    this.#ticksPerLeg = deps.speed === 0 ? 4 : 8
    this.#vans = Array.from({ length: VANS }, (_, index) => ({
      id: `VAN-${index + 1}`,
      number: index + 1,
      at: DEPOT,
      odometerKm: 84_000,
    }))
  }

  start(): void {
    for (const van of this.#vans) this.#client(van)
    const period = this.#deps.speed === 0 ? 60 : Math.max(100, 2000 / this.#deps.speed)
    this.#timer = setInterval(() => {
      for (const van of this.#vans) this.#tick(van)
    }, period)
  }

  /** Gives a door to one van, always the same for the same delivery. Part of the caller's transaction. */
  static assign(documents: Documents, stop: RoadStop): void {
    const van = 1 + Math.floor(chance('van', stop.reference) * VANS)
    documents.put('fleet', 'stop', stop.reference, `VAN-${van}`, { ...stop })
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await Promise.all([...this.#clients.values()].map((client) => client.endAsync(true).catch(() => undefined)))
  }

  #tick(van: Van): void {
    if (van.atDoor !== undefined) {
      this.#crossing(van, 'leave', van.atDoor)
      delete van.atDoor
    }
    const leg = van.leg ?? this.#next(van)
    if (leg === undefined) return
    van.leg = leg
    leg.ticks += 1
    const { stop } = leg
    const here = between(leg.from, stop, leg.ticks / this.#ticksPerLeg)
    van.odometerKm += metres(van.at, here) / 1000
    const moving = { ...this.#fix(van, CRUISE_KMH), ...here, heading: heading(van.at, stop) }
    van.at = here
    this.#position(van, moving)
    if (leg.ticks < this.#ticksPerLeg) return
    delete van.leg
    van.atDoor = stop
    this.#crossing(van, 'enter', stop)
  }

  #next(van: Van): Van['leg'] {
    const { documents } = this.#deps
    const stop = documents.find<JsonObject & RoadStop>('fleet', 'stop', van.id)[0]
    if (stop === undefined) return undefined
    documents.put('fleet', 'stop', stop.reference, 'visited', stop)
    return { stop, from: van.at, ticks: 0 }
  }

  #fix(van: Van, speedKmh: number): Fix {
    return { ...van.at, at: new Date(), speedKmh, heading: 0, odometerKm: van.odometerKm }
  }

  #position(van: Van, fix: Fix): void {
    const client = this.#client(van)
    // A phone without a network keeps the crossings for later and lets the positions go.
    if (!client.connected) return
    const [topic, payload] = isPhone(van)
      ? [phoneTopic(van), ownTracksLocation(van.id, fix)]
      : [
          TRACCAR_TOPICS.positions,
          traccarPosition(van.id, van.number, fix, this.#deps.documents.next('traccar-position', 9_000_001)),
        ]
    client.publish(topic, JSON.stringify(payload), { qos: 1 })
  }

  #crossing(van: Van, event: 'enter' | 'leave', stop: RoadStop): void {
    const fix = this.#fix(van, 0)
    const id = this.#deps.documents.next('traccar-position', 9_000_001)
    const [partner, topic, payload] = isPhone(van)
      ? (['owntracks', `${phoneTopic(van)}/event`, ownTracksTransition(van.id, fix, event, stop.reference)] as const)
      : ([
          'traccar',
          TRACCAR_TOPICS.events,
          traccarGeofence(
            van.id,
            van.number,
            fix,
            id,
            event === 'enter' ? 'geofenceEnter' : 'geofenceExit',
            stop.reference,
          ),
        ] as const)
    const began = Date.now()
    this.#client(van).publish(topic, JSON.stringify(payload), { qos: 1 }, (error) => {
      if (error) return
      this.#deps.ledger.attempt({
        hookId: `${partner}-${id}`,
        partner,
        event,
        businessKey: stop.reference,
        signature: 'good',
        status: 200,
        answer: 'PUBACK',
        ms: Date.now() - began,
      })
    })
  }

  /** One connection per phone, one for the Traccar server. */
  #client(van: Van): MqttClient {
    const name = isPhone(van) ? van.id.toLowerCase() : 'traccar'
    const known = this.#clients.get(name)
    if (known !== undefined) return known
    const will = {
      topic: phoneTopic(van),
      payload: Buffer.from(JSON.stringify({ _type: 'lwt', tst: Math.floor(Date.now() / 1000) })),
      qos: 1 as const,
      retain: false,
    }
    const client = connect(this.#deps.mqttUrl, {
      clientId: name,
      clean: false,
      reconnectPeriod: 500,
      connectTimeout: 5000,
      ...(isPhone(van) ? { will } : {}),
    })
    // The broker starts after the vans: only a silence that lasts is worth a line, and one line an outage is enough.
    let awaySince: number | undefined
    client.on('connect', () => {
      awaySince = undefined
    })
    client.on('error', (error) => {
      awaySince ??= Date.now()
      if (Date.now() - awaySince < AWAY_MS) return
      awaySince = Number.POSITIVE_INFINITY
      this.#deps.log(`${name}: ${error.message}`)
    })
    this.#clients.set(name, client)
    return client
  }
}

/** How long the broker may be away before a van says so, milliseconds. */
const AWAY_MS = 20_000

const isPhone = (van: Van) => van.number % 2 === 1
const phoneTopic = (van: Van) => `owntracks/${van.id.toLowerCase()}/phone`
