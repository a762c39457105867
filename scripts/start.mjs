// Starts the simulated partners and the hub, waits until the hub is ready, and says where everything is. Ctrl-C stops the
// hub first, so that it can finish what is under way with the partners still there.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { request } from './ready.mjs'

const root = resolve(import.meta.dirname, '..')
const dist = join(root, 'dist')
const READY_WITHIN_MS = 60_000

const { loadConfig } = await load('engine/config.js')
const { heapOptions } = await load('engine/heap.js')
const env = { ...process.env }
for (const name of ['CARTAGE_PORT', 'CARTAGE_SIM_PORT', 'CARTAGE_MQTT_PORT'])
  if (env[name] === '0') env[name] = String(await freePort())
const config = configuration()
const children = []
let stopping = false

await refuseTakenPorts()
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => stop(0))
// killed without a word, npm or a terminal leaves us behind: nobody would ever stop the hub
const parent = process.ppid
setInterval(() => process.ppid !== parent && stop(0), 1000).unref()

const simulated = config.simulators ? await startSimulators() : {}
// what somebody set by hand wins over the simulators' defaults
run('hub', join(root, 'node_modules', 'node-red', 'red.js'), ['-s', join(dist, 'settings.js')], {
  ...simulated,
  ...env,
  NODE_OPTIONS: heapOptions(env),
})
await waitUntilReady()
if (!stopping) announce()

async function load(name) {
  return import(pathToFileURL(join(dist, name)).href)
}

function configuration() {
  try {
    return loadConfig(env)
  } catch (error) {
    for (const line of error.problems ?? [error.message]) console.error(`cartage: ${line}`)
    process.exit(1)
  }
}

/** The partners that answer instead of the real ones, and the variables that point the hub at them. */
async function startSimulators() {
  const { simulatorEnvironment } = await load('simulators/env.js')
  const address = `http://127.0.0.1:${config.simulatorPort}`
  const mqtt = config.mqtt === 'embedded' ? `mqtt://${config.mqttHost}:${config.mqttPort}` : config.mqtt
  run('simulators', join(dist, 'simulators', 'main.js'), [], {
    ...env,
    CARTAGE_SIM_PORT: String(config.simulatorPort),
    CARTAGE_SIM_DATA: join(config.dataDir, 'simulators'),
    CARTAGE_URL: hubAddress(),
    CARTAGE_MQTT_URL: mqtt,
  })
  return simulatorEnvironment(address)
}

function hubAddress() {
  const host = ['0.0.0.0', '::'].includes(config.host) ? '127.0.0.1' : config.host
  return `${config.tlsCert ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${config.port}`
}

function run(name, file, parameters, environment) {
  const child = spawn(process.execPath, [file, ...parameters], {
    cwd: root,
    env: environment,
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: true,
  })
  const ended = new Promise((done) => child.once('exit', (code, signal) => done({ code, signal })))
  ended.then(({ code, signal }) => {
    if (stopping) return
    console.error(`cartage: the ${name} process ended by itself (${signal ?? `exit code ${code}`}); stopping`)
    stop(code || 1)
  })
  children.push({ name, child, ended })
  return child
}

/** The hub gets its drain time and a little more; the partners go last. */
async function stop(code) {
  if (stopping) return
  stopping = true
  const graceMs = { hub: (config.drainSeconds + 5) * 1000, simulators: 5000 }
  for (const { name, child, ended } of children.toReversed()) {
    child.kill('SIGTERM')
    const timer = setTimeout(() => {
      console.error(`cartage: the ${name} process did not stop in time; ending it`)
      child.kill('SIGKILL')
    }, graceMs[name])
    const { signal, code: ownCode } = await ended
    clearTimeout(timer)
    if (signal === 'SIGKILL' || ownCode) code ||= 1
  }
  process.exit(code)
}

async function refuseTakenPorts() {
  const wanted = [['CARTAGE_PORT', config.host, config.port]]
  if (config.simulators) wanted.push(['CARTAGE_SIM_PORT', '127.0.0.1', config.simulatorPort])
  if (config.mqtt === 'embedded') wanted.push(['CARTAGE_MQTT_PORT', config.mqttHost, config.mqttPort])
  const taken = []
  for (const [name, host, port] of wanted) {
    const problem = await listenProblem(host, port)
    if (problem) taken.push(`port ${port} on ${host} ${problem}: free it or set ${name} to another one`)
  }
  for (const line of taken) console.error(`cartage: ${line}`)
  if (taken.length > 0) process.exit(1)
}

function listenProblem(host, port) {
  return new Promise((done) => {
    const probe = createServer()
    probe.once('error', (error) => done(error.code === 'EADDRINUSE' ? 'is in use' : `cannot be used (${error.code})`))
    probe.listen(port, host, () => probe.close(() => done(undefined)))
  })
}

function freePort() {
  return new Promise((done) => {
    const probe = createServer()
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address()
      probe.close(() => done(port))
    })
  })
}

async function waitUntilReady() {
  const end = Date.now() + READY_WITHIN_MS
  const certificate = config.tlsCert ? readFileSync(config.tlsCert) : undefined
  while (!stopping) {
    if ((await request(`${hubAddress()}/readyz`, certificate)) === 200) return
    if (Date.now() > end) {
      console.error(`cartage: the hub was not ready within ${READY_WITHIN_MS / 1000} s; its log is above`)
      return stop(1)
    }
    await new Promise((done) => setTimeout(done, 100))
  }
}

function announce() {
  const at = config.publicUrl
  const key = config.apiKeys[0]?.secret
  const lines = [
    '',
    'Cartage is ready.',
    ...(config.role === 'worker' ? [] : [`  editor         ${at}/editor`]),
    `  API and docs   ${at}/api/v1  ${at}/api/docs`,
    `  metrics        ${at}/metrics`,
    `  tracking page  ${at}/track/<token>   (the answer to an order names it)`,
    ...(config.simulators
      ? [`  partners       http://127.0.0.1:${config.simulatorPort}/_control/summary   (simulated)`]
      : []),
  ]
  // a production key does not belong in a log
  if (!config.production && key && existsSync(join(root, 'docs/examples/first-order.json')))
    lines.push(
      '',
      'Post a first order:',
      '',
      `  curl -sS ${at}/api/v1/orders -H 'Authorization: Bearer ${key}' -H 'Content-Type: application/json' -d @docs/examples/first-order.json`,
    )
  console.log([...lines, '', 'Ctrl-C stops.', ''].join('\n'))
}
