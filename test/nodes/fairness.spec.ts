import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventually } from '../support/eventually.ts'
import { flowBench } from '../support/flow-bench.ts'
import { account, node, partner, probe } from '../support/flow-nodes.ts'
import { type ScriptedServer, scriptedServer } from '../support/scripted-server.ts'
import { signed, type TestPartners, testPartners, WEBHOOK_SECRET } from '../support/test-partner.ts'

const ROUNDS = 5
const EVENTS = 4
/** What the ERP takes for one posting: with four at once it works off 20 in a second, and 60 come in. */
const POSTING_MS = 200

describe('a partner that floods the hub', function () {
  this.timeout(60_000)
  // another process may have taken the machine in the one half and not in the other
  this.retries(2)
  let partners: TestPartners
  let erp: ScriptedServer
  let flood: ChildProcess
  let number = 0
  const bench = flowBench(async () => {
    partners = await testPartners()
    erp = await scriptedServer()
    erp.script((_request, response) => {
      const answer = () =>
        response.writeHead(201, { 'content-type': 'application/json' }).end('{"bookingId":"B","trackingNumber":"T"}')
      setTimeout(answer, POSTING_MS)
    })
    quietCourier(partners.env.CARTAGE_TEMPLATES!)
    return { ...partners.env, CARTAGE_TEST_ERP_URL: erp.url, CARTAGE_QUIET_COURIER_WEBHOOK_SECRET: WEBHOOK_SECRET }
  })
  before(async () => {
    flood = fork(join(import.meta.dirname, 'flood-child.ts'), [`${bench.hub.url}/webhooks/test-courier`])
    await once(flood, 'message')
  })
  after(async () => {
    flood?.kill('SIGKILL')
    await erp?.close()
    await partners?.close()
  })

  /** A second courier like the first. */
  function quietCourier(templates: string): void {
    const folder = join(templates, 'couriers/quiet-courier')
    cpSync(join(templates, 'couriers/test-courier'), folder, { recursive: true })
    const manifest = join(folder, 'manifest.json')
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replaceAll('test-courier', 'quiet-courier'))
  }

  /** Both couriers' events go over one channel to one ERP, whose postings take their time. */
  const flow = () => [
    partner('test-courier'),
    partner('quiet-courier'),
    partner('test-erp'),
    node('flooded', 'webhook-in', [['out']], { partner: account('test-courier') }),
    node('quiet', 'webhook-in', [['out']], { partner: account('quiet-courier') }),
    node('out', 'event-out', [], { channel: 'shared', channelType: 'str', key: '', keyType: 'auto' }),
    node('in', 'event-in', [['post']], { channel: 'shared', subscription: 'shared', concurrency: 4 }),
    node('post', 'erp-poster', [['posted'], []], {
      ...{ partner: account('test-erp'), operation: 'postGoodsIssue', input: 'payload', inputType: 'msg' },
      ...{ subject: 'payload.ref', windows: '' },
    }),
    probe('posted'),
  ]

  /** From the webhook of the quiet partner to its posting, milliseconds. */
  async function latency(id: string): Promise<number> {
    const started = performance.now()
    const body = JSON.stringify({ id, ref: id, status: 'delivered' })
    const answer = await fetch(`${bench.hub.url}/webhooks/quiet-courier`, signed(body))
    assert.equal(answer.status, 202)
    await eventually(() => bench.at('posted').some(({ payload }) => payload.ref === id), 20_000)
    return performance.now() - started
  }
  async function latencies(): Promise<number[]> {
    const all: number[] = []
    for (let n = 0; n < EVENTS; n += 1) {
      number += 1
      all.push(await latency(`quiet-${number}`))
    }
    return all
  }
  const say = async (on: boolean) => {
    flood.send(on)
    await once(flood, 'message')
  }

  it('does not double the time that another one waits', async () => {
    await bench.deploy(...flow())
    await latencies()
    const [alone, beside]: [number[], number[]] = [[], []]
    for (let round = 0; round < ROUNDS; round += 1) {
      // the backlog of the flood stays from round to round: it is held back while the other one is alone
      await bench.runtime.control.set('test-courier', 'paused', { by: 'test', reason: 'alone' })
      await eventually(async () => (await bench.counts('shared'))?.leased === 0)
      alone.push(...(await latencies()))
      await bench.runtime.control.set('test-courier', 'running', { by: 'test', reason: 'beside' })
      await say(true)
      await eventually(async () => ((await bench.counts('shared'))?.waiting ?? 0) > 20)
      beside.push(...(await latencies()))
      await say(false)
    }
    const backlog = (await bench.counts('shared'))?.waiting ?? 0
    assert.ok(backlog > 100, `a flood of ${backlog} waits`)
    assert.ok(median(beside) <= 2 * median(alone), `${median(beside)} ms beside the flood, ${median(alone)} ms alone`)
  })
})

function median(values: number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0
}
