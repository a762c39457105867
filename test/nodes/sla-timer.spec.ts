import assert from 'node:assert/strict'
import { flowBench } from '../support/flow-bench.ts'
import { catchAll, node, probe, source } from '../support/flow-nodes.ts'
import { eventually } from '../support/eventually.ts'

describe('sla timer', () => {
  const bench = flowBench()
  let number = 0
  let timer = ''
  beforeEach(() => {
    number += 1
    timer = `agreement-${number}`
  })

  const action = (id: string, name: string, fields: Record<string, unknown> = {}, wires: string[][] = []) =>
    node(id, 'sla-timer', wires, {
      timer,
      action: name,
      key: '',
      keyType: 'auto',
      minutes: '0.001',
      minutesType: 'num',
      warnAt: 80,
      ...fields,
    })
  const start = (fields: Record<string, unknown> = {}) => action('start', 'start', fields, [['warning'], ['breached']])
  const flow = (fields: Record<string, unknown> = {}) => [
    source('start'),
    start(fields),
    probe('warning'),
    probe('breached'),
  ]
  const state = async (key: string) => {
    const [found] = await bench.runtime.hub.store.documents.find<{ state: string; timer: string }>('sla', key)
    return found?.body
  }

  it('warns and breaches once, with the key and the correlation of the message that started it', async () => {
    await bench.deploy(...flow())
    const id = await bench.publish({}, { key: `shp-${number}` })
    const breach = await bench.arrived('breached')
    await bench.settled(`sla.${timer}`)
    const [warning, ...more] = bench.at('warning')
    assert.deepEqual([more, bench.at('breached').length], [[], 1])
    assert.deepEqual([warning?.payload.phase, breach.payload.phase], ['warning', 'breach'])
    assert.deepEqual([breach.payload.timer, breach.payload.key], [timer, `shp-${number}`])
    assert.equal(breach.cartage.correlationId, id)
    assert.equal((await state(`shp-${number}`))?.state, 'breached')
  })

  it('gives a breach again while the flow behind it fails', async () => {
    await bench.deploy(...flow({ warnAt: 100 }))
    bench.failAt('breached', 1)
    await bench.publish({}, { key: `shp-${number}` })
    await bench.arrived('breached', 2)
    await bench.settled(`sla.${timer}`)
    assert.deepEqual(bench.at('warning'), [])
  })

  it('starts once, however often the message is delivered', async () => {
    const twice = { ...source('start'), wires: [['start', 'seen']] }
    await bench.deploy(twice, ...flow().slice(1), probe('seen'))
    bench.failAt('seen', 2)
    await bench.publish({}, { key: `shp-${number}` })
    await bench.arrived('seen', 3)
    await bench.arrived('breached')
    await bench.settled(`sla.${timer}`)
    assert.equal(bench.at('breached').length, 1)
  })

  it('is stopped, paused and resumed by other nodes of the same name', async () => {
    const on = (id: string) =>
      node(`${id}-in`, 'event-in', [[id]], { channel: `${id}-${number}`, subscription: `${id}-${number}` })
    await bench.deploy(
      ...flow({ minutes: '60' }),
      on('stop'),
      action('stop', 'stop'),
      on('pause'),
      action('pause', 'pause'),
      on('resume'),
      action('resume', 'resume'),
    )
    const key = `shp-${number}`
    await bench.publish({}, { key })
    await bench.settled()
    for (const [name, expected] of [
      ['pause', 'paused'],
      ['resume', 'running'],
      ['stop', 'stopped'],
      ['stop', 'stopped'],
    ] as const) {
      await bench.publish({}, { key, channel: `${name}-${number}` })
      await eventually(async () => (await state(key))?.state === expected)
      await bench.settled(`${name}-${number}`)
    }
    assert.equal(await bench.runtime.hub.store.timers.nextDue(`sla.${timer}`), undefined)
  })

  it('tells what fell due while it was not deployed', async () => {
    await bench.deploy(...flow({ minutes: '0.005' }))
    await bench.publish({}, { key: `shp-${number}` })
    await bench.settled()
    await bench.deploy()
    const due = (await bench.runtime.hub.store.timers.nextDue(`sla.${timer}`)) ?? 0
    await eventually(() => Date.now() > due + 300)
    await bench.deploy(...flow())
    assert.equal((await bench.arrived('breached')).payload.key, `shp-${number}`)
  })

  it('takes key and minutes from the message', async () => {
    const fields = {
      key: 'payload.id',
      keyType: 'msg',
      minutes: 'payload.seconds / 60',
      minutesType: 'jsonata',
    }
    await bench.deploy(...flow(fields))
    await bench.publish({ id: `own-${number}`, seconds: 0.05 })
    assert.equal((await bench.arrived('breached')).payload.key, `own-${number}`)
  })

  for (const minutes of ['0', 'soon'])
    it(`fails to the catch node with a red badge for ${minutes} minutes`, async () => {
      const fields = { minutes, minutesType: minutes === 'soon' ? 'msg' : 'num' }
      await bench.deploy(...flow(fields), catchAll('caught'), probe('caught'))
      await bench.publish({}, { key: `shp-${number}` })
      assert.equal((await bench.arrived('caught')).failure.code, 'sla.duration')
      assert.equal(bench.status('start')?.fill, 'red')
    })

  it('shows an error without a name', async () => {
    await bench.deploy(...flow({ timer: '' }))
    assert.equal(bench.status('start')?.fill, 'red')
  })
})
