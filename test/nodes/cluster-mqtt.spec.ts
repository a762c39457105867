import { after, before, describe, it } from 'mocha'
import { connectAsync, type MqttClient } from 'mqtt'
import { clusterBench } from '../support/cluster-bench.ts'
import { eventually } from '../support/eventually.ts'
import { account, node, partner, TAB } from '../support/flow-nodes.ts'
import type { HubProcess } from '../support/hub-process.ts'
import { type Mosquitto, startMosquitto } from '../support/servers/mosquitto.ts'
import { findProgram } from '../support/servers/programs.ts'
import { skip } from '../support/skip.ts'

/** What a vehicle says about a stop becomes a booking at a partner that carries out twice what it is asked twice. */
const FLOW = [
  TAB,
  partner('test-vans'),
  partner('test-courier'),
  node('vans', 'telematics-in', [[], ['book']], {
    partner: account('test-vans'),
    topics: '',
    minIntervalSeconds: 0,
    maxAttempts: 40,
  }),
  node('book', 'provider-connector', [[], [], []], {
    partner: account('test-courier'),
    operation: 'book',
    input: '{ "ref": payload.data.shipmentRef.value }',
    inputType: 'jsonata',
    subject: 'payload.data.shipmentRef.value',
  }),
]

describe('workers behind a Mosquitto', function () {
  this.timeout(120_000)
  const bench = clusterBench(FLOW)
  let broker: Mosquitto | undefined
  let van: MqttClient | undefined
  let one: HubProcess
  let two: HubProcess
  let number = 0

  before(async function () {
    if (!findProgram('mosquitto')) return skip(this, 'no Mosquitto: apt-get install mosquitto')
    broker = await startMosquitto()
    const env = { CARTAGE_MQTT: broker.url }
    ;[one, two] = await Promise.all([bench.hub('worker', 'worker-1', env), bench.hub('worker', 'worker-2', env)])
    van = await connectAsync(broker.url, { clientId: 'van-7', clean: false, reconnectPeriod: 50 })
    await took(await publish(2))
  })
  after(async () => {
    await van?.endAsync(true)
    await broker?.stop()
  })

  /** Resolves when the broker has acknowledged all of them. */
  async function publish(count: number): Promise<string[]> {
    number += 1
    const refs = Array.from({ length: count }, (_none, index) => `van-${number}-${index}`)
    const at = new Date().toISOString()
    await Promise.all(
      refs.map((ref) =>
        van!.publishAsync('fleet/van-7/event', JSON.stringify({ ref, status: 'delivered', at }), { qos: 1 }),
      ),
    )
    return refs
  }
  const took = (refs: string[]) => bench.once(refs)

  it('F24: what was dealt to a worker that is killed, and what is dealt to it afterwards, is taken in by the other', async () => {
    const refs: string[] = []
    for (let round = 0; round < 6; round += 1) {
      if (round === 2) one.signal('SIGSTOP')
      if (round === 4) await one.kill()
      refs.push(...(await publish(10)))
    }
    await took(refs)
  })

  it('F7: a worker that stops in order leaves the group, and loses nothing of what it was dealt', async () => {
    await one.start()
    const refs = await publish(20)
    one.signal('SIGTERM')
    refs.push(...(await publish(20)))
    await one.ended()
    refs.push(...(await publish(10)))
    await took(refs)
    await eventually(async () => (await two.ready())?.checks.mqtt === true)
  })
})
