import assert from 'node:assert/strict'
import { DateTime } from 'luxon'
import { WEEKDAYS } from '../../engine/delivery/calendar-plan.ts'
import type { SlaState } from '../../engine/delivery/sla.ts'
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

  it('escalates by its third output, step by step', async () => {
    const ladder = { ...start({ warnAt: 100, ladder: '0.001, 0.002' }), wires: [[], [], ['escalated']] }
    await bench.deploy(source('start'), ladder, probe('escalated'))
    await bench.publish({}, { key: `shp-${number}` })
    await bench.arrived('escalated', 2)
    await bench.settled(`sla.${timer}`)
    assert.deepEqual(
      bench.at('escalated').map(({ payload }) => [payload.phase, payload.step]),
      [
        ['escalation', 1],
        ['escalation', 2],
      ],
    )
  })

  it('refuses a ladder that does not climb', async () => {
    await bench.deploy(...flow({ ladder: '30, soon' }), catchAll('caught'), probe('caught'))
    await bench.publish({}, { key: `shp-${number}` })
    assert.equal((await bench.arrived('caught')).failure.code, 'sla.ladder')
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

  describe('by a business calendar', () => {
    const calendar = (fields: Record<string, unknown> = {}) => ({
      id: 'hours',
      type: 'business-calendar',
      ...{ name: '', zone: 'UTC', mon: '', tue: '', wed: '', thu: '', fri: '', sat: '', sun: '' },
      ...{ cutOff: '', holidays: '' },
      ...fields,
    })
    const always = Object.fromEntries(WEEKDAYS.map((day) => [day, '00:00-24:00']))

    it('counts the time that is open, in the unit that is chosen', async () => {
      const closedUntil = DateTime.utc().plus({ days: 2 }).startOf('day')
      const holidays = `${DateTime.utc().toISODate()}/${closedUntil.minus({ days: 1 }).toISODate()}`
      await bench.deploy(
        ...flow({ calendar: 'hours', minutes: '3', unit: 'hours', warnAt: 50 }),
        calendar({ ...always, holidays }),
      )
      await bench.publish({}, { key: `shp-${number}` })
      await bench.settled()
      const kept = (await state(`shp-${number}`)) as unknown as SlaState
      assert.equal(kept.dueAt, closedUntil.plus({ hours: 3 }).toMillis())
      assert.equal(kept.warnAt, closedUntil.plus({ minutes: 90 }).toMillis())
    })

    for (const [what, nodes] of [
      ['is not deployed', []],
      ['is disabled', [calendar({ ...always, d: true })]],
      ['never opens', [calendar()]],
      ['is off for ever', [calendar({ ...always, holidays: '2000-01-01/2999-12-31' })]],
      ['has a zone that does not exist', [calendar({ ...always, zone: 'Mars/Olympus' })]],
    ] as const)
      it(`is refused at the deploy when the calendar ${what}, and starts no timer`, async () => {
        await bench.deploy(...flow({ calendar: 'hours' }), ...nodes, catchAll('caught'), probe('caught'))
        assert.equal(bench.status('start')?.fill, 'red')
        await bench.publish({}, { key: `shp-${number}` })
        await bench.arrived('caught')
        assert.equal(await state(`shp-${number}`), undefined)
      })
  })

  it('shows an error without a name', async () => {
    await bench.deploy(...flow({ timer: '' }))
    assert.equal(bench.status('start')?.fill, 'red')
  })
})
