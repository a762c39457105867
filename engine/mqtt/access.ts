import { createHash, timingSafeEqual } from 'node:crypto'
import type { MqttDevice } from '../config.ts'
import { covers, matches, problemOfTopic } from './topics.ts'

const MAX_FAILURES = 10
const LOCK_MS = 10 * 60_000
const MAX_REMEMBERED = 10_000

/** Who may log in and what they may do. `undefined` devices: anybody, which is only for a broker bound to loopback. */
export class MqttAccess {
  readonly #devices: Map<string, MqttDevice> | undefined
  readonly #now: () => number
  readonly #failures = new Map<string, { count: number; until: number }>()

  constructor(devices: readonly MqttDevice[] | undefined, now: () => number = Date.now) {
    this.#devices = devices && new Map(devices.map((device) => [device.name, device]))
    this.#now = now
  }

  /** Why this login is refused, or undefined. A client id belongs to the device whose name it is or begins with. */
  refuseLogin(login: { clientId: string; username?: string; password?: Buffer; address: string }): string | undefined {
    if (this.#devices === undefined) return undefined
    const { clientId, username = '', password, address } = login
    const attempt = `${address} ${username}`
    const failures = this.#failures.get(attempt)
    if (failures !== undefined && failures.count >= MAX_FAILURES && failures.until > this.#now()) return 'locked out'
    const device = this.#devices.get(username)
    // the comparison takes as long for an unknown name as for a known one
    const right = sameSecret(device?.secret ?? '', password ?? Buffer.alloc(0)) && device !== undefined
    if (!right) {
      this.#remember(attempt)
      return 'bad user name or password'
    }
    this.#failures.delete(attempt)
    return this.#ownerOf(clientId) === username ? undefined : 'client id belongs to another device'
  }

  mayPublish(username: string | undefined, topic: string): boolean {
    if (problemOfTopic(topic) !== undefined) return false
    return this.#devices === undefined || this.#topicsOf(username).some((filter) => matches(filter, topic))
  }

  /** Devices may listen to what is theirs. Without credentials the first level must be named: no tap on everything. */
  maySubscribe(username: string | undefined, filter: string): boolean {
    if (this.#devices === undefined) return /^[^+#$/]/.test(filter)
    return this.#topicsOf(username).some((rule) => covers(rule, filter))
  }

  #topicsOf(username: string | undefined): string[] {
    const device = this.#devices?.get(username ?? '')
    if (device === undefined) return []
    if (device.topics.length > 0) return device.topics
    const { name } = device
    // Apps put a prefix of their own before user and device; whatever it is, the levels behind it must be the login's.
    return name.includes('/') ? [`+/${name}`, `+/${name}/#`] : [`fleet/${name}/#`, `+/${name}/+`]
  }

  /** The longest device name that the client id is, or begins with before a hyphen; `/` in names is written `-`. */
  #ownerOf(clientId: string): string | undefined {
    const names = [...(this.#devices?.keys() ?? [])].filter((name) => {
      const plain = name.replace('/', '-')
      return clientId === plain || clientId.startsWith(`${plain}-`)
    })
    return names.sort((a, b) => b.length - a.length)[0]
  }

  #remember(attempt: string): void {
    const now = this.#now()
    const known = this.#failures.get(attempt)
    const count = known !== undefined && known.until > now ? known.count + 1 : 1
    this.#failures.delete(attempt)
    this.#failures.set(attempt, { count, until: now + LOCK_MS })
    const [oldest] = this.#failures.keys()
    if (this.#failures.size > MAX_REMEMBERED && oldest !== undefined) this.#failures.delete(oldest)
  }
}

function sameSecret(expected: string, given: Buffer): boolean {
  const hash = (value: string | Buffer): Buffer => createHash('sha256').update(value).digest()
  return timingSafeEqual(hash(expected), hash(given))
}
