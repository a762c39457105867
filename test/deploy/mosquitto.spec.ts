import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, afterEach, before, describe, it } from 'mocha'
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt'
import { packageRoot } from '../../engine/package-root.ts'
import { eventually } from '../support/eventually.ts'
import { findProgram } from '../support/servers/programs.ts'
import { freePort, ServerProcess } from '../support/servers/server.ts'
import { skip } from '../support/skip.ts'
import { temporaryFolder } from '../support/temp.ts'

const PASSWORDS = { cartage: 'password-of-the-hub', 'van-7': 'secret-of-van-7', 'van-8': 'secret-of-van-8' }

describe('the broker as it is deployed', () => {
  const folder = temporaryFolder()
  const clients: MqttClient[] = []
  let server: ServerProcess | undefined
  let url = ''

  before(async function () {
    const program = findProgram('mosquitto')
    const passwd = findProgram('mosquitto_passwd')
    if (!program || !passwd) return skip(this, 'no Mosquitto: apt-get install mosquitto')
    const deployed = join(packageRoot(), 'deploy/mosquitto')
    const port = await freePort()
    url = `mqtt://127.0.0.1:${port}`
    const passwords = join(folder.path, 'passwords')
    writeFileSync(passwords, '')
    for (const [name, password] of Object.entries(PASSWORDS)) execFileSync(passwd, ['-b', passwords, name, password])
    copyFileSync(join(deployed, 'acl'), join(folder.path, 'acl'))
    const settings = readFileSync(join(deployed, 'mosquitto.conf'), 'utf8')
      .replaceAll(/\/mosquitto\/(config|data)/g, folder.path)
      .replace('listener 1883', `listener ${port} 127.0.0.1`)
    const owner = process.getuid?.() === 0 ? 'user root\n' : ''
    writeFileSync(join(folder.path, 'mosquitto.conf'), settings + owner)
    server = new ServerProcess(port, program, ['-c', join(folder.path, 'mosquitto.conf')])
    await server.start()
  })
  afterEach(async () => {
    for (const client of clients.splice(0)) await client.endAsync(true)
  })
  after(async () => {
    await server?.kill('SIGTERM')
    folder.remove()
  })

  async function login(options: IClientOptions = {}): Promise<MqttClient> {
    const client = await connectAsync(url, { reconnectPeriod: 0, ...options }, false)
    client.on('error', () => undefined)
    clients.push(client)
    return client
  }
  const as = (name: keyof typeof PASSWORDS) => login({ username: name, password: PASSWORDS[name] })

  it('lets nobody in without a password, or with a wrong one', async () => {
    await assert.rejects(login(), /Not authorized|refused/i)
    await assert.rejects(login({ username: 'van-7', password: 'guess' }), /Not authorized|refused/i)
  })

  it('takes from a vehicle what it publishes under its own name, and nothing else', async () => {
    const [hub, van] = [await as('cartage'), await as('van-7')]
    const heard: string[] = []
    hub.on('message', (topic) => heard.push(topic))
    await hub.subscribeAsync(['$share/cartage/fleet/#', '$share/cartage/owntracks/#'], { qos: 1 })
    for (const topic of ['fleet/van-8/position', 'fleet/position', 'traccar/positions', 'owntracks/van-8/box']) {
      const other = await as('van-7')
      // acknowledged and dropped, or cut off: MQTT 3.1.1 has no way to say no
      const cut = new Promise<void>((resolve) => other.once('close', () => resolve()))
      await Promise.race([other.publishAsync(topic, '{}', { qos: 1 }), cut])
    }
    for (const topic of ['fleet/van-7/position', 'owntracks/van-7/box']) await van.publishAsync(topic, '{}', { qos: 1 })
    await eventually(() => heard.length >= 2)
    assert.deepEqual(heard.sort(), ['fleet/van-7/position', 'owntracks/van-7/box'])
  })

  it('tells no vehicle where another is', async () => {
    const [spy, van] = [await as('van-8'), await as('van-7')]
    const heard: string[] = []
    spy.on('message', (topic) => heard.push(topic))
    await spy.subscribeAsync(['#', 'fleet/#', 'fleet/van-7/#', '$share/cartage/fleet/#'], { qos: 1 }).catch(() => [])
    await van.publishAsync('fleet/van-7/position', '{}', { qos: 1 })
    // its own command comes after it, on the same connection
    await spy.subscribeAsync('fleet/van-8/command/#', { qos: 1 })
    assert.deepEqual(heard, [])
  })
})
