import assert from 'node:assert/strict'
import { openDrift, settleDrift } from '../../../engine/mapping/lab/drift.ts'
import { structureOf } from '../../../engine/mapping/lab/structure.ts'
import { MappingWatch } from '../../../engine/mapping/lab/watch.ts'
import { type Drift, MAX_PATHS, PER_DAY } from '../../../engine/mapping/lab/watch-record.ts'
import { openStore } from '../../../engine/store/open.ts'
import type { Json } from '../../../engine/json.ts'
import type { Message, Store } from '../../../engine/store/ports.ts'
import { SettableClock } from '../../support/clock.ts'
import { temporaryFolder } from '../../support/temp.ts'

const DAY = 86_400_000
const PARTNER = 'some-courier'
const MAPPING = 'map/webhook.jsonata'

describe('drift of what partners send', () => {
  const folder = temporaryFolder()
  let store: Store
  let clock: SettableClock
  let told: Drift[]
  let baseline: Set<string>
  let number = 0
  const stored = new Map<string, Json>()
  before(async () => {
    store = await openStore(`sqlite:${folder.path}/drift.db`, { clock: { now: () => clock.now() }, warn: assert.fail })
  })
  after(async () => {
    await store.close()
    folder.remove()
  })
  beforeEach(() => {
    clock = new SettableClock()
    told = []
    baseline = new Set(['id', 'status'])
    number += 1
  })

  const partner = () => `${PARTNER}-${number}`
  const watch = (documents = store.documents) =>
    new MappingWatch({
      documents,
      messages: { get: async (id) => ({ payload: stored.get(id) }) as Message },
      clock,
      baseline: async () => baseline,
      tell: (drift) => told.push(drift),
      complain: (error) => assert.fail(String(error)),
    })
  const send = async (to: MappingWatch, bodies: unknown[], more: { message?: string; refused?: string } = {}) => {
    for (const body of bodies) {
      clock.advance(200)
      if (more.message !== undefined) stored.set(more.message, body as Json)
      to.see({
        partner: partner(),
        mapping: MAPPING,
        body,
        ...more,
        message: () => (more.message === undefined ? undefined : { id: more.message, key: 'k' }),
      })
    }
    await to.flush()
  }
  const open = async () => (await openDrift(store, partner())).map(({ path, kind }) => `${kind} ${path}`)
  const settle = (to: MappingWatch, path?: string) =>
    settleDrift({ ...store, watch: to }, { partner: partner(), mapping: MAPPING, by: 'ana', ...(path && { path }) })
  const times = (count: number, body: unknown) => Array.from({ length: count }, () => body)

  it('is nothing as long as payloads look like the samples', async () => {
    await send(watch(), times(5, { id: 'x', status: 'ok' }))
    assert.deepEqual([await open(), told], [[], []])
  })

  it('is a field that was never there before, told once, with a message that has it', async () => {
    const one = watch()
    await send(one, [{ id: 'x', status: 'ok', temperature: { value: 4 } }], { message: 'msg-1' })
    await send(one, [{ id: 'x', status: 'ok', temperature: { value: 5 } }])
    const [drift] = await openDrift(store, partner())
    assert.deepEqual(
      [drift?.path, drift?.kind, drift?.count, drift?.sample],
      ['temperature.value', 'new', 1, 'msg-1'],
      'the count is as of when it was told',
    )
    assert.deepEqual(
      told.map(({ path }) => path),
      ['temperature.value'],
    )
  })

  it('is a field that stays away: after its time, and after payloads enough, not before', async () => {
    const one = watch()
    await send(one, times(40, { id: 'x', status: 'ok' }))
    await send(one, times(60, { status: 'ok' }))
    assert.deepEqual(await open(), [], 'the time is not over')
    clock.advance(DAY)
    await send(one, [{ status: 'ok' }])
    assert.deepEqual(await open(), ['gone id'])
    await send(one, [{ id: 'x', status: 'ok' }])
    assert.deepEqual(await open(), [], 'it came back')
  })

  it('waits longer for a field that came only now and then', async () => {
    const one = watch()
    const rare = [{ id: 'x', note: 1 }, ...times(9, { id: 'x' })]
    baseline.add('note')
    await send(one, [...rare, ...rare, ...rare, { id: 'x', note: 1 }])
    clock.advance(2 * DAY)
    await send(one, times(60, { id: 'x' }))
    assert.deepEqual(await open(), [])
    await send(one, times(70, { id: 'x' }))
    assert.deepEqual(await open(), ['gone note'])
  })

  it('learns from the first payloads where the template has no samples', async () => {
    baseline = new Set()
    const one = watch()
    await send(one, times(50, { a: 1, b: { c: 2 } }))
    assert.deepEqual(await open(), [])
    await send(one, [{ a: 1, z: 0 }])
    assert.deepEqual(await open(), ['new z'])
  })

  it('is settled by a person, audited, and starts anew afterwards', async () => {
    const one = watch()
    await send(one, [{ id: 'x', status: 'ok', eta: 1, zone: 'a' }])
    assert.deepEqual(await open(), ['new eta', 'new zone'])
    await settle(one, 'eta')
    assert.deepEqual(await open(), ['new zone'])
    await settle(one)
    await send(one, [{ id: 'x', status: 'ok', eta: 1, zone: 'b' }])
    assert.deepEqual(await open(), [])
    await assert.rejects(settle(one, 'eta'), { code: 'drift.unknown' })
    const entries = (await store.audit.page({ limit: 100, subject: `${partner()}/${MAPPING}` })) as unknown[]
    assert.equal(entries.length, 2)
    assert.match(JSON.stringify(entries[0]), /mapping\.drift-settle.*ana|ana.*mapping\.drift-settle/)
  })

  it('comes out the same when several workers saw a part each, also at once', async () => {
    const workers = [watch(), watch(), watch()]
    for (const one of workers)
      for (let n = 0; n < 5; n += 1) one.see({ partner: partner(), mapping: MAPPING, body: { id: n, x: 1 } })
    await Promise.all(workers.map((one) => one.flush()))
    const record = await workers[0]!.record(partner(), MAPPING)
    assert.deepEqual([record?.seen, record?.paths.id?.count, record?.paths.x?.count], [15, 15, 15])
    assert.deepEqual(await open(), ['new x'])
    assert.equal(told.length, 1)
  })

  it('looks at ten payloads a second and lets a flood pass', async () => {
    const one = watch()
    for (let n = 0; n < 10_000; n += 1) one.see({ partner: partner(), mapping: MAPPING, body: { id: n } })
    clock.advance(1000)
    one.see({ partner: partner(), mapping: MAPPING, body: { id: 1 } })
    await one.flush()
    assert.equal((await one.record(partner(), MAPPING))?.seen, 11)
  })

  it('remembers messages of each of the last days as samples, bounded', async () => {
    const one = watch()
    const body = { id: 'x', status: 'ok' }
    for (let day = 0; day < 10; day += 1) {
      for (let n = 0; n < PER_DAY + 10; n += 1) {
        clock.advance(200)
        const id = `m-${day}-${n}`
        stored.set(id, body)
        one.see({ partner: partner(), mapping: MAPPING, body, message: () => ({ id, key: 'k' }) })
        if (n % 5 === 4) await one.flush()
      }
      clock.advance(DAY)
    }
    const recent = (await one.record(partner(), MAPPING))?.recent ?? []
    assert.equal(recent.length, 7 * PER_DAY)
    assert.equal(recent.at(-1)?.id, `m-9-${PER_DAY + 9}`)
    assert.ok(recent.some(({ id }) => id.startsWith('m-4-')))
  })

  it('is bounded whatever comes: dictionaries are folded, and so is a payload of nothing but names', async () => {
    const wide = Object.fromEntries(Array.from({ length: 5_000 }, (_one, n) => [`key${n}`, { deep: n }]))
    assert.deepEqual([...structureOf(wide, MAX_PATHS)], ['*.deep'])
    const keyed = { stops: { '4711': { a: 1 }, 'x@y.z': { b: [1, 2] } }, '0ff1ce00ff': 1, line1: 2 }
    assert.deepEqual([...structureOf(keyed, MAX_PATHS)], ['stops.*.a', 'stops.*.b', '*', 'line1'])
    const letters = (n: number) => `f${n}`.replace(/\d/g, (digit) => 'abcdefghij'[Number(digit)]!)
    const named = (prefix: string, value: unknown) =>
      Object.fromEntries(Array.from({ length: 50 }, (_one, n) => [`${prefix}${letters(n)}`, value]))
    const one = watch()
    await send(one, [named('a', named('b', 1)), named('c', named('d', 1))])
    assert.equal(Object.keys((await one.record(partner(), MAPPING))?.paths ?? {}).length, MAX_PATHS)
  })

  for (const body of [undefined, null, 7, 'text', [], [[[]]], { a: undefined }, JSON.parse('{"__proto__":{"x":1}}')])
    it(`takes ${JSON.stringify(body)} for a payload without fields`, async () => {
      const one = watch()
      await send(one, [body])
      assert.deepEqual(await open(), [])
    })
})
