import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'mocha'
import { parse } from 'yaml'
import { loadConfig } from '../../engine/config.ts'
import { VARIABLES } from '../../engine/configuration/variables.ts'
import { packageRoot } from '../../engine/package-root.ts'

interface Service {
  image: string
  environment: Record<string, string>
  command?: string[] | string
  volumes?: string[]
  ports?: string[]
  depends_on?: Record<string, unknown> | string[]
  healthcheck?: { test: string[] }
  stop_grace_period?: string
  read_only?: boolean
}

interface Compose {
  services: Record<string, Service>
  volumes: Record<string, unknown>
  networks: { hub: { ipam: { config: { subnet: string }[] } } }
}

const folder = join(packageRoot(), 'deploy')
const read = (name: string): string => readFileSync(join(folder, name), 'utf8')

/** What somebody would fill in. */
const FILLED: Record<string, string> = {
  CARTAGE_DOMAIN: 'hub.example.com',
  MONGODB_PASSWORD: 'm'.repeat(48),
  REDIS_PASSWORD: 'r'.repeat(48),
  MQTT_PASSWORD: 'q'.repeat(48),
  MONGODB_KEY: 'k'.repeat(64),
  CARTAGE_CREDENTIAL_SECRET: 'c'.repeat(48),
  CARTAGE_ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
  CARTAGE_USERS: JSON.stringify([{ username: 'ada', passwordHash: `$2b$08$${'a'.repeat(53)}`, role: 'admin' }]),
  CARTAGE_API_KEYS: `erp:${'e'.repeat(48)}:erp`,
  MQTT_DEVICES: `van-7:${'v'.repeat(24)}`,
}

/** As compose does it: `${NAME:?}` must be set, `${NAME:-other}` need not, `$$` is one dollar. */
function filled(text: string, values: Record<string, string>): string {
  const variable = /\$(?:\$|\{(\w+)(?::([?-])([^}]*))?\})/g
  return text.replace(variable, (_all, name: string | undefined, kind: string | undefined, other: string) => {
    if (name === undefined) return '$'
    const value = values[name]
    if (!value && kind === '?') throw new Error(`${name} is not set`)
    return value || (kind === '-' ? other : '')
  })
}

describe('the compose file', () => {
  const compose = parse(read('compose.yaml'), { merge: true }) as Compose
  const { services } = compose
  const hubs = Object.entries(services).filter(([, { environment }]) => 'CARTAGE_ROLE' in environment)
  const environmentOf = ({ environment }: Service) =>
    Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, filled(value, FILLED)]))

  it('has each of the three roles: one editor, two workers, and on demand one process that is both; none keeps anything itself', () => {
    assert.deepEqual(
      hubs.map(([name, { environment }]) => [name, environment.CARTAGE_ROLE, environment.CARTAGE_WORKER]),
      [
        ['editor', 'editor', 'editor'],
        ['worker-1', 'worker', 'worker-1'],
        ['worker-2', 'worker', 'worker-2'],
        ['all', 'all', 'all'],
      ],
    )
    for (const [name, hub] of hubs) {
      assert.equal(hub.read_only, true, name)
      assert.equal(hub.volumes, undefined, name)
      assert.ok(Number.parseInt(hub.stop_grace_period ?? '0', 10) > 15, 'longer than the hub drains')
    }
  })

  for (const [name, service] of hubs)
    it(`gives ${name} settings that it knows and starts with`, () => {
      const env = environmentOf(service)
      const known = new Set<string>(Object.values(VARIABLES).map((variable) => variable.name))
      assert.deepEqual(
        Object.keys(env).filter((variable) => !known.has(variable)),
        [],
      )
      const image = {
        NODE_ENV: 'production',
        CARTAGE_HOST: '0.0.0.0',
        CARTAGE_DATA: '/data',
        CARTAGE_FLOWS: '/data/flows',
      }
      const config = loadConfig({ ...image, ...env })
      assert.equal(config.production, true)
      assert.match(config.store, /^mongodb:.*mongodb-1,mongodb-2,mongodb-3\/cartage\?replicaSet=cartage/)
      assert.deepEqual(config.trustedProxy, [compose.networks.hub.ipam.config[0]?.subnet])
    })

  it('asks for each secret that somebody must fill in, and the example lists them all', () => {
    const text = read('compose.yaml')
    const asked = new Set([...text.matchAll(/\$\{(\w+)/g)].map((match) => match[1] ?? ''))
    const listed = new Set([...read('.env.example').matchAll(/^(\w+)=/gm)].map((match) => match[1] ?? ''))
    assert.deepEqual([...asked].sort(), [...listed].sort())
    const needed = [...text.matchAll(/\$\{(\w+):\?\}/g)].map((match) => match[1] ?? '')
    for (const name of needed) assert.throws(() => filled(text, { ...FILLED, [name]: '' }), new RegExp(name))
    assert.doesNotMatch(read('.env.example'), /(PASSWORD|KEY|KEYS|SECRET)=\S/, 'a secret that everybody knows')
  })

  it('names images by version, volumes that exist, and services that exist', () => {
    for (const [name, { image, volumes = [], depends_on = [] }] of Object.entries(services)) {
      assert.match(image, /:\d+\.\d+/, name)
      for (const volume of volumes) {
        const [source = ''] = volume.split(':')
        if (source.startsWith('./')) assert.ok(read(source).length > 0)
        else assert.ok(source in compose.volumes, volume)
      }
      const needs = Array.isArray(depends_on) ? depends_on : Object.keys(depends_on)
      for (const need of needs) assert.ok(need in services, `${name} needs ${need}`)
    }
  })

  it('opens to the outside the proxy and the broker only', () => {
    const open = Object.entries(services).filter(([, { ports }]) => ports !== undefined)
    assert.deepEqual(
      open.map(([name]) => name),
      ['proxy', 'mosquitto'],
    )
  })

  it('makes the user of the record in the first member alone: the others must be empty when they join', () => {
    const made = Object.entries(services).filter(([, { environment }]) => 'MONGO_INITDB_ROOT_PASSWORD' in environment)
    assert.deepEqual(
      made.map(([name]) => name),
      ['mongodb-1'],
    )
    const { test } = services['mongodb-1']?.healthcheck ?? { test: [] }
    assert.match(test.join(' '), /rs\.initiate\(\{ _id: 'cartage', members: \[1, 2, 3\]/)
    for (const number of [1, 2, 3])
      assert.match(String(services[`mongodb-${number}`]?.command), /--replSet cartage --keyFile/)
  })

  it('starts a Redis that keeps what it has and throws nothing away', () => {
    const command = String(services.redis?.command).replaceAll(',', ' ')
    assert.match(command, /--appendonly yes/)
    assert.match(command, /--maxmemory-policy noeviction/)
  })

  it('sends the editor to the editor, and everything else to workers that are ready', () => {
    const proxy = read('Caddyfile')
    assert.match(proxy, /reverse_proxy editor:1880 all:1880/)
    assert.match(proxy, /reverse_proxy worker-1:1880 worker-2:1880 all:1880/)
    assert.match(proxy, /health_uri \/readyz/)
    assert.match(proxy, /@internal path \/metrics[^}]*handle @internal \{\s*respond 404/)
  })
})
