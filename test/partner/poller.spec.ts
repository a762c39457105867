import assert from 'node:assert/strict'
import { Poller, type PollerDeps } from '../../engine/partner/polling/poller.ts'
import { PollStates } from '../../engine/partner/polling/state.ts'
import type { Profile } from '../../engine/partner/profile.ts'
import { eventually } from '../support/eventually.ts'
import { type PollBench, pollBench, polledProfile } from '../support/poll-bench.ts'
import { json, type ScriptedServer, scriptedServer, silence } from '../support/scripted-server.ts'

const EVERY = 60
const PROFILE = polledProfile({ items: 'body.list', everySeconds: EVERY })

describe('a poller', () => {
  let server: ScriptedServer
  let bench: PollBench
  const pollers: Poller[] = []
  let complaints: unknown[] = []
  beforeEach(async () => {
    complaints = []
    server = await scriptedServer()
    server.script(json(200, { list: [] }))
    bench = await pollBench(server.url)
  })
  afterEach(async () => {
    await Promise.all(pollers.splice(0).map((poller) => poller.stop()))
    await bench.close()
    await server.close()
  })

  function start(more: Partial<PollerDeps> = {}, profile: Profile = PROFILE): Poller {
    const deps = { ...bench.depsOf(profile), leads: () => true, held: () => false, random: () => 0.5, lookMs: 5 }
    const poller = new Poller(profile, { ...deps, complain: (error) => complaints.push(error), ...more })
    pollers.push(poller)
    poller.start()
    return poller
  }
  const asked = (times: number) => eventually(() => server.seen.length === times, 4000)
  const state = async () => (await new PollStates(bench.store.documents).read(PROFILE.id)).state
  const nextIn = async () => {
    const nextAt = await eventually(async () => (await state()).nextAt)
    return (Date.parse(nextAt) - bench.clock.now()) / 1000
  }

  it('asks at its interval, earlier or later by a tenth at most', async () => {
    for (const [random, seconds] of [
      [0, 54],
      [0.5, 60],
      [1, 66],
    ] as const) {
      const poller = start({ random: () => random })
      await eventually(async () => (await state()).lastOkAt === new Date(bench.clock.now()).toISOString())
      assert.equal(await nextIn(), seconds)
      await poller.stop()
      bench.clock.advance(100_000)
    }
  })

  it('neither asks at once after a restart nor forgets when it is time', async () => {
    const poller = start()
    await nextIn()
    await poller.stop()
    let looks = 0
    start({ leads: () => ++looks > 0 })
    bench.clock.advance(59_000)
    const before = looks
    await eventually(() => looks > before + 2)
    assert.equal(server.seen.length, 1)
    bench.clock.advance(2000)
    await asked(2)
  })

  it('asks less and less often while the partner fails, and at its interval again afterwards', async () => {
    server.script(json(500, {}))
    const poller = start()
    for (const [failures, pause] of [
      [1, 60],
      [2, 120],
      [3, 240],
      [4, 480],
    ] as const) {
      await eventually(async () => (await state()).failures === failures, 4000)
      assert.equal(await nextIn(), pause)
      bench.clock.advance(pause * 1000)
    }
    assert.deepEqual([poller.report().error?.code, poller.report().failures >= 4], ['partner.failing', true])
    assert.equal(complaints.length, 1, 'said once in the log')
    server.script(json(200, { list: [] }))
    await eventually(async () => (await state()).failures === 0, 4000)
    assert.deepEqual([await nextIn(), poller.report().error], [60, undefined])
  })

  it('waits as long as the partner wants it to, and never longer than half an hour of its own accord', async () => {
    server.script(json(429, {}, { 'retry-after': '7200' }))
    start()
    await eventually(async () => (await state()).failures === 1)
    assert.equal(await nextIn(), 7200)
    const { state: stored, version } = await new PollStates(bench.store.documents).read(PROFILE.id)
    await new PollStates(bench.store.documents).write(PROFILE.id, { ...stored, failures: 30 }, version)
    bench.clock.advance(7_200_000)
    server.script(json(500, {}))
    await eventually(async () => (await state()).failures === 31, 4000)
    assert.equal(await nextIn(), 1800)
  })

  it('asks only where it leads, and not while the partner is held back', async () => {
    let [looks, leads, held] = [0, false, true]
    start({ leads: () => ++looks > 0 && leads, held: () => held })
    await eventually(() => looks > 2)
    leads = true
    const before = looks
    await eventually(() => looks > before + 4)
    assert.equal(server.seen.length, 0)
    held = false
    await asked(1)
  })

  it('follows what an analyst changes in the profile', async () => {
    const profile = { ...PROFILE }
    start({}, profile)
    assert.equal(await nextIn(), 60)
    profile.polling = { ...PROFILE.polling!, everySeconds: 10 }
    bench.clock.advance(60_000)
    await asked(2)
    await eventually(async () => (await state()).lastAt === new Date(bench.clock.now()).toISOString())
    assert.equal(await nextIn(), 10)
  })

  it('says how late it is', async () => {
    const poller = start()
    await eventually(() => poller.report().lastOkAt !== undefined)
    server.script(json(500, {}))
    bench.clock.advance(66_000)
    assert.equal(poller.report().behindMs, 0)
    bench.clock.advance(10_000)
    assert.equal(poller.report().behindMs, 10_000)
  })

  it('stops at once though an answer is waited for, and nothing of that is taken for a failure', async () => {
    server.script(silence)
    const poller = start()
    await asked(1)
    const began = performance.now()
    await poller.stop()
    assert.ok(performance.now() - began < 1000)
    assert.equal((await state()).failures, 0)
  })

  it('is not asked more than its pace allows, and does not count that as failing', async () => {
    const limits = { requestsPerSecond: 0.1, burst: 1, timeoutMs: 2000, maxResponseBytes: 10_000 }
    const paged = { paging: { style: 'page' as const, parameter: 'p', items: 'body.list', more: 'body.more' } }
    const profile = polledProfile({ items: 'body.list', everySeconds: EVERY }, paged, { limits })
    server.script((request, response) =>
      json(200, { list: [1], more: request.path.endsWith('p=1') })(request, response),
    )
    const poller = start({}, profile)
    await eventually(async () => (await state()).nextAt !== undefined)
    assert.deepEqual([await nextIn(), poller.report().failures, server.seen.length], [10, 0, 1])
    bench.clock.advance(10_000)
    await asked(2)
    assert.equal(server.seen[1]?.path, '/list?p=2')
  })
})
