import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'

/** How the text of one environment variable becomes a value. `expects` completes the sentence "… is not <expects>". */
export interface Kind<T> {
  readonly expects: string
  /** Gives undefined when the text is not of this kind. */
  parse(text: string): T | undefined
}

/** What somebody may do, in the editor and in the API (design section 10). */
export const ROLES = ['viewer', 'analyst', 'operator', 'finance', 'auditor', 'admin'] as const
export type Role = (typeof ROLES)[number]

/** A person who may log in to the editor; the password is a bcrypt hash. */
export interface User {
  username: string
  passwordHash: string
  role: Role
}

/** A program that may call the API. */
export interface ApiKey {
  name: string
  secret: string
  role: string
}

/** A device, or a service that speaks for many, that may log in to the embedded MQTT broker. */
export interface MqttDevice {
  name: string
  secret: string
  /** Topic filters it may publish and subscribe to; empty = those that its name gives. */
  topics: string[]
}

export const text: Kind<string> = { expects: 'a text', parse: (value) => value }

/** A name that can stand in client ids, keys and file names. */
export const slug: Kind<string> = {
  expects: 'a name of up to 63 letters, digits, dots, hyphens and underscores',
  parse: (value) => (/^[A-Za-z0-9][\w.-]{0,62}$/.test(value) ? value : undefined),
}

export const path: Kind<string> = { expects: 'a path', parse: (value) => (value.includes('\0') ? undefined : value) }

export function port(): Kind<number> {
  return whole(0, 65535, 'a port from 0 to 65535 (0 = any free one)')
}

export function whole(least: number, most: number, expects = `a whole number from ${least} to ${most}`): Kind<number> {
  return {
    expects,
    parse: (value) => {
      const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN
      return number >= least && number <= most ? number : undefined
    },
  }
}

export function choice<const T extends string>(...values: T[]): Kind<T> {
  return { expects: `one of ${values.join(', ')}`, parse: (value) => values.find((known) => known === value) }
}

export const onOff: Kind<boolean> = {
  expects: 'on or off',
  parse: (value) => (value === 'on' ? true : value === 'off' ? false : undefined),
}

/**
 * Bytes, strictly: body-parser and its kin take a limit they cannot read as "no limit at all" (CVE-2026-12590), so
 * `5 mbb` must stop the start.
 */
export const bytes: Kind<number> = {
  expects: 'a size such as 512kb or 2mb',
  parse: (value) => {
    const found = /^(\d{1,6})(b|kb|mb)$/i.exec(value)
    if (found === null) return undefined
    const unit = { b: 1, kb: 1024, mb: 1024 * 1024 }[found[2]!.toLowerCase() as 'b' | 'kb' | 'mb']
    const size = Number(found[1]) * unit
    return size > 0 && size <= 64 * 1024 * 1024 ? size : undefined
  },
}

export function url(...protocols: string[]): Kind<string> {
  return {
    expects: `an address that starts with ${protocols.map((name) => `${name}://`).join(' or ')}`,
    parse: (value) => {
      const parsed = URL.canParse(value) ? new URL(value) : undefined
      return parsed !== undefined && protocols.includes(parsed.protocol.slice(0, -1)) ? value : undefined
    },
  }
}

/** Several hosts, as those of a replica set, make no URL that JavaScript knows: the driver judges the rest of a MongoDB address. */
export const store: Kind<string> = {
  expects: 'an address that starts with sqlite: or mongodb://',
  parse: (value) => (/^mongodb(\+srv)?:\/\/[^/\s]+/.test(value) ? value : url('sqlite').parse(value)),
}

/** The value itself or any value of the other kind: `embedded | mqtt://…`. */
export function either<const T extends string, U>(word: T, other: Kind<U>): Kind<T | U> {
  return { expects: `${word} or ${other.expects}`, parse: (value) => (value === word ? word : other.parse(value)) }
}

/** 32 bytes in base64, as `openssl rand -base64 32` writes them. */
export const key32: Kind<string> = {
  expects: '32 bytes in base64 (openssl rand -base64 32)',
  parse: (value) => (/^[A-Za-z0-9+/]{43}=$/.test(value) ? value : undefined),
}

export function secret(least: number): Kind<string> {
  return { expects: `at least ${least} characters long`, parse: (value) => (value.length >= least ? value : undefined) }
}

/** IP addresses and ranges, or `loopback`: what Express calls "trust proxy". */
export const addresses: Kind<string[]> = {
  expects: 'a list of IP addresses or ranges (10.0.0.0/8,192.168.1.4) or loopback',
  parse: (value) => {
    const list = value.split(',').map((part) => part.trim())
    return list.every((part) => part === 'loopback' || isRange(part)) ? list : undefined
  },
}

function isRange(value: string): boolean {
  const [address, bits, more] = value.split('/')
  const family = isIP(address ?? '')
  if (family === 0 || more !== undefined) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128))
}

/** Entries of three parts separated by commas: `name:secret:role`. */
export const apiKeys: Kind<ApiKey[]> = {
  expects: 'a list of name:secret:role with names and roles in lower case and secrets of 16 characters or more',
  parse: (value) => {
    const found = value.split(',').map((entry) => /^([a-z0-9-]+):([^:,\s]{16,}):([a-z]+)$/.exec(entry.trim()))
    if (found.some((entry) => entry === null)) return undefined
    const keys = found.map((entry) => ({ name: entry![1]!, secret: entry![2]!, role: entry![3]! }))
    return new Set(keys.map((key) => key.name)).size === keys.length ? keys : undefined
  },
}

/** `van-7:secret`, or with topics of its own: `tracker:secret:tracker/#|positions/+`. */
export const mqttDevices: Kind<MqttDevice[]> = {
  expects:
    'a list of device:secret or device:secret:topic|topic with different names and secrets of 12 characters or more',
  parse: (value) => {
    const found = value
      .split(',')
      .map((entry) => /^([\w.-]+(?:\/[\w.-]+)?):([^:,\s]{12,})(?::([^:,\s]+))?$/.exec(entry.trim()))
    if (found.some((entry) => entry === null)) return undefined
    const devices = found.map((entry) => ({
      name: entry![1]!,
      secret: entry![2]!,
      topics: entry![3]?.split('|') ?? [],
    }))
    return new Set(devices.map((device) => device.name)).size === devices.length ? devices : undefined
  },
}

/** A JSON array of users, or the path of a file that holds one. */
export const users: Kind<User[]> = {
  expects: `a JSON array, or a file with one, of {"username", "passwordHash" (bcrypt), "role": ${ROLES.join('|')}}`,
  parse: (value) => {
    try {
      const list: unknown = JSON.parse(value.trimStart().startsWith('[') ? value : readFileSync(value, 'utf8'))
      return Array.isArray(list) && list.length > 0 && list.every(isUser) ? list : undefined
    } catch {
      return undefined
    }
  },
}

function isUser(value: unknown): value is User {
  if (typeof value !== 'object' || value === null) return false
  const { username, passwordHash, role } = value as Partial<Record<keyof User, unknown>>
  if (typeof username !== 'string' || username === '' || typeof passwordHash !== 'string') return false
  return /^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$/.test(passwordHash) && ROLES.some((known) => known === role)
}
