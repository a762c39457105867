import assert from 'node:assert/strict'
import { afterEach, before, describe, it } from 'mocha'
import { clusterBench, LEASE_SECONDS } from '../support/cluster-bench.ts'
import { eventually } from '../support/eventually.ts'
import { account, fn, node, partner, TAB } from '../support/flow-nodes.ts'
import type { HubProcess } from '../support/hub-process.ts'
import type { FlowNode } from '../support/node-red.ts'

/** Blocks the event loop the first time it sees the message, for longer than a lease. */
const STEP = `
if (msg.payload.block && msg.cartage.attempt === 1) {
  const end = Date.now() + ${(LEASE_SECONDS + 1.5) * 1000}
  while (Date.now() < end);
}
return msg`

/** From a courier's webhook to a booking at a partner that carries out twice what it is asked twice. */
const flow = (step: string, ...more: FlowNode[]) => [
  TAB,
  // biome-ignore lint/suspicious/noTemplateCurlyInString: read from the environment of each process
  partner('test-courier', { parameters: '{"depot":"${CARTAGE_WORKER}"}' }),
  node('in', 'webhook-in', [['step']], {
    partner: account('test-courier'),
    ordered: false,
    concurrency: 8,
    maxAttempts: 40,
  }),
  fn('step', step, [['book']]),
  node('book', 'provider-connector', [[], [], []], {
    partner: account('test-courier'),
    operation: 'book',
    input: 'payload',
    inputType: 'msg',
    subject: 'payload.ref',
  }),
  ...more,
]

/** Asks the partner twice a second in the name of the process it runs in. */
const POLL = [
  node('poll', 'inject', [['who']], { props: [], repeat: '0.5' }),
  node('who', 'provider-connector', [[], [], []], {
    partner: account('test-courier'),
    operation: 'depot',
    input: 'payload',
    inputType: 'msg',
    subject: '',
  }),
]

describe('a hub of several processes', function () {
  this.timeout(120_000)
  const bench = clusterBench(flow(STEP))
  let editor: HubProcess
  let one: HubProcess
  let two: HubProcess
  let number = 0

  before(async () => {
    editor = await bench.hub('editor', 'editor')
    ;[one, two] = await Promise.all([bench.hub('worker', 'worker-1'), bench.hub('worker', 'worker-2')])
  })
  afterEach(async () => {
    for (const worker of [one, two]) if (!worker.running) await worker.start()
  })

  const statusOf = async (url: string): Promise<number> => (await fetch(url)).status
  const runs = (hub: HubProcess, version: number) =>
    eventually(async () => (await hub.ready())?.flows?.running === version, 20_000)
  /** A load on both workers, under way. */
  async function load(prefix: string) {
    const running = bench.load([one, two], prefix)
    await further(running, 20)
    return running
  }
  const further = ({ accepted }: { accepted: string[] }, count: number) => {
    const goal = accepted.length + count
    return eventually(() => accepted.length >= goal, 30_000)
  }
  /** Sends webhooks to one worker alone, until it says that it has what is needed. */
  async function sendTo(worker: HubProcess, prefix: string, count: number, more: object = {}): Promise<string[]> {
    number += 1
    const refs = Array.from({ length: count }, (_none, index) => `${prefix}-${number}-${index}`)
    await Promise.all(refs.map((ref) => bench.send(() => worker, ref, more)))
    return refs
  }

  it('has editors that take no work and workers that have no editor', async () => {
    assert.equal(await statusOf(`${editor.url}/editor/flows`), 200)
    assert.equal(await statusOf(`${one.url}/editor/flows`), 404)
    assert.equal(await statusOf(`${editor.url}/webhooks/test-courier`), 503)
    const roles = await Promise.all([editor, one, two].map(async (hub) => (await hub.ready())?.role))
    assert.deepEqual(roles, ['editor', 'worker', 'worker'])
    await bench.once(await sendTo(one, 'roles', 1))
  })

  it('brings a deploy in the editor to all workers within seconds, and loses and doubles nothing under load', async () => {
    const running = await load('deploy')
    for (let version = 2; version <= 4; version += 1) {
      assert.equal((await bench.deploy(editor, flow(`msg.version = ${version}${STEP}`))).status, 204)
      await Promise.all([editor, one, two].map((hub) => runs(hub, version)))
      await further(running, 10)
    }
    await bench.once(await running.stop())
  })

  it('F7: a worker that is told to stop ends in time and in order, and what it had not done is done by the other', async () => {
    const running = await load('stop')
    const began = performance.now()
    one.signal('SIGTERM')
    assert.equal(await one.ended(), 0)
    assert.ok(performance.now() - began < 10_000, 'within its grace of five seconds and a little')
    await further(running, 10)
    await bench.once(await running.stop())
  })

  it('goes on when a worker is killed: the other takes over what it was at', async () => {
    const running = await load('kill')
    await one.kill()
    await further(running, 10)
    await bench.once(await running.stop())
  })

  it('F8: a worker that is frozen for longer than its lease and thawed does nothing twice', async () => {
    const running = await load('freeze')
    one.signal('SIGSTOP')
    const frozen = performance.now()
    // The other has to take over what the frozen one was at, which is over when all that was accepted by now took effect.
    const accepted = [...running.accepted]
    await eventually(() => accepted.every((ref) => bench.partners.effects(ref) > 0), 60_000)
    await eventually(() => performance.now() - frozen > LEASE_SECONDS * 1000, 60_000)
    one.signal('SIGCONT')
    await eventually(async () => (await one.ready())?.status === 'ready', 20_000)
    await further(running, 10)
    await bench.once(await running.stop())
  })

  it('F9: a worker whose event loop is blocked for longer than its lease does nothing twice', async () => {
    const running = await load('block')
    const blocking = await sendTo(one, 'blocking', 1, { block: true })
    await bench.once(blocking)
    await further(running, 10)
    await bench.once(await running.stop())
  })

  it('has scheduled injects fire in one process, and in another when that one is gone', async () => {
    const workers = { 'worker-1': one, 'worker-2': two }
    const polls = () => bench.partners.seen.filter(({ path }) => path.startsWith('/depots/'))
    const version = ((await editor.ready())?.flows?.running ?? 0) + 1
    const deployed = await bench.deploy(editor, flow(STEP, ...POLL))
    assert.equal(deployed.status, 204)
    await Promise.all([editor, one, two].map((hub) => runs(hub, version)))
    await eventually(() => polls().length >= 4, 20_000)
    const leaders = () => [...new Set(polls().map(({ path }) => path.slice('/depots/'.length)))]
    const [leader, ...others] = leaders()
    assert.deepEqual(others, [], 'both fire')
    await workers[leader as keyof typeof workers].kill()
    await eventually(() => leaders().length === 2, 30_000)
  })
})
