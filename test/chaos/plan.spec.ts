import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, it } from 'mocha'
import { Journal } from '../../chaos/journal.ts'
import { readOptions } from '../../chaos/options.ts'
import { planOf } from '../../chaos/plan.ts'
import { Downtime, StatusWatch } from '../../chaos/watch.ts'
import { packageRoot } from '../../engine/package-root.ts'
import { checkFault } from '../../simulators/faults.ts'
import { temporaryFolder } from '../support/temp.ts'

const plan = (seed: string, rounds: number, store: 'embedded' | 'cluster' = 'embedded') =>
  planOf({ seed, rounds, store })

describe('the faults of a chaos run', () => {
  it('follow from the seed, and a longer run begins like a shorter one', () => {
    assert.deepEqual(plan('1', 500), plan('1', 500))
    assert.deepEqual(plan('1', 500).slice(0, 20), plan('1', 20))
    assert.notDeepEqual(plan('1', 20), plan('2', 20))
  })

  it('are mostly kills within half a second, and every other kind in a run of 500', () => {
    const faults = plan('1', 500)
    const kills = faults.filter((fault) => fault.kind === 'kill')
    assert.ok(kills.length > 250)
    assert.ok(kills.every((fault) => fault.kind === 'kill' && fault.afterMs >= 1 && fault.afterMs <= 500))
    const kinds = [...new Set(faults.map(({ kind }) => kind))].sort()
    assert.deepEqual(kinds, [
      ...['disk-full', 'freeze', 'kill', 'kill-deploying', 'kill-starting', 'partner', 'redeploy', 'terminate'],
    ])
  })

  it('hit the servers of a cluster too, and no single disk', () => {
    const kinds = new Set(plan('1', 500, 'cluster').map(({ kind }) => kind))
    for (const kind of ['redis-kill', 'redis-freeze', 'redis-empty', 'record-kill', 'broker-kill'] as const)
      assert.ok(kinds.has(kind), kind)
    assert.equal(kinds.has('disk-full'), false)
  })

  it('ask of the partners only what they can play', () => {
    const specs = plan('1', 500).flatMap((fault) => (fault.kind === 'partner' ? [fault.fault] : []))
    for (const spec of specs) assert.ok(checkFault(spec).ok)
    assert.ok(new Set(specs.map(({ kind }) => kind)).size >= 7)
  })
})

describe('the watch over shipments', () => {
  const shipment = (change: object) => ({
    shipmentId: 's',
    attempt: 1,
    rank: 30,
    status: 'x',
    timeline: [{}],
    ...change,
  })

  it('sees a status that goes back, and one event fewer', () => {
    const watch = new StatusWatch()
    for (const change of [{}, { rank: 60 }, { attempt: 2, rank: 20 }]) watch.look(shipment(change))
    assert.deepEqual(watch.regressions, [])
    watch.look(shipment({ attempt: 2, rank: 10 }))
    watch.look(shipment({ attempt: 2, rank: 10, timeline: [] }))
    assert.equal(watch.regressions.length, 2)
  })

  it('sees a status that does not stand where the events have taken it', () => {
    const watch = new StatusWatch()
    const timeline = [
      { eventId: 'e1', type: 'pickup.completed', attempt: 1, rank: 20 },
      { eventId: 'e2', type: 'delivery.completed', attempt: 1, rank: 90 },
      { eventId: 'e3', type: 'delivery.arrived', attempt: 2, rank: null },
    ]
    watch.look(shipment({ rank: 90, timeline }))
    assert.deepEqual(watch.regressions, [])
    watch.look(shipment({ shipmentId: 't', rank: 20, timeline }))
    assert.match(watch.regressions.join(), /^t: .* although it has had delivery.completed/)
    watch.look(shipment({ shipmentId: 'u', rank: 20, timeline: [...timeline, { corrects: 'e2' }] }))
    assert.equal(watch.regressions.length, 1)
  })

  it('lets an event that corrects another take the status back', () => {
    const watch = new StatusWatch()
    watch.look(shipment({ rank: 90 }))
    watch.look(shipment({ rank: 60, timeline: [{}, { corrects: 'e1' }] }))
    assert.deepEqual(watch.regressions, [])
  })
})

describe('the time in which the hub could not work', () => {
  it('counts only what lies between two times, also while it goes on', () => {
    const downtime = new Downtime()
    downtime.down(100)
    downtime.up(200)
    downtime.down(400)
    assert.equal(downtime.between(150, 300), 50)
    assert.equal(downtime.between(0, 500), 200)
    assert.equal(downtime.between(210, 390), 0)
  })
})

describe("the chaos suite's command line", () => {
  it('has defaults for everything', () => {
    const options = readOptions([])
    assert.ok(options !== 'help')
    assert.deepEqual([options.rounds, options.seed, options.store, options.json], [500, '1', 'embedded', false])
  })

  for (const [words, complaint] of [
    [['--rounds', '0'], /--rounds 0: a whole number/],
    [['--rounds', 'many'], /--rounds many/],
    [['--store', 'oracle'], /--store oracle: embedded or cluster/],
    [['--speed', '3'], /speed/],
  ] as const)
    it(`names what it cannot use: ${words.join(' ')}`, () => assert.throws(() => readOptions([...words]), complaint))

  it('ends with 2 and the usage when it is wrong', () => {
    const { status, stderr } = spawnSync(process.execPath, [join(packageRoot(), 'chaos/main.ts'), '--rounds', 'x'])
    assert.equal(status, 2)
    assert.match(stderr.toString(), /--rounds x.*npm run chaos/s)
  })
})

describe('the journal of what was acknowledged', () => {
  const folder = temporaryFolder()
  after(() => folder.remove())

  it('is on the disk when it has been written, line by line', () => {
    const journal = new Journal(join(folder.path, 'journal.jsonl'))
    journal.write('order', '80100001')
    journal.write('position', 'CHAOS-1', { at: 'now' })
    const other = new Journal(journal.file)
    assert.deepEqual(
      other.entries().map(({ kind, key, data }) => [kind, key, data]),
      [
        ['order', '80100001', undefined],
        ['position', 'CHAOS-1', { at: 'now' }],
      ],
    )
    assert.equal(other.entries('order').length, 1)
    journal.close()
    other.close()
  })
})
