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

const EVENTS = 20
/** What the ERP takes for one posting: with four at once it works off 20 in a second, and 60 come in. */
const POSTING_MS = 200
/** Postings of the flood that the ERP works on at once. */
const PLACES = 4
/** An event that waits for one posting to end waits as long again as it would alone; a busy machine adds to that. */
const MOST_BEFORE = 3 * PLACES
const BACKLOG = 100

describe('a partner that floods the hub', function () {
  this.timeout(60_000)
  let partners: TestPartners
  let erp: ScriptedServer
  let flood: ChildProcess
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
    node('in', 'event-in', [['post']], { channel: 'shared', subscription: 'shared', concurrency: PLACES }),
    node('post', 'erp-poster', [['posted'], []], {
      ...{ partner: account('test-erp'), operation: 'postGoodsIssue', input: 'payload', inputType: 'msg' },
      ...{ subject: 'payload.ref', windows: '' },
    }),
    probe('posted'),
  ]

  /** How many postings of the flood the ERP was asked for between the quiet partner's webhook and its posting. */
  async function overtakenBy(id: string): Promise<number> {
    const before = erp.seen.length
    const body = JSON.stringify({ id, ref: id, status: 'delivered' })
    const answer = await fetch(`${bench.hub.url}/webhooks/quiet-courier`, signed(body))
    assert.equal(answer.status, 202)
    await eventually(() => bench.at('posted').some(({ payload }) => payload.ref === id), 20_000)
    const place = erp.seen.slice(before).findIndex((request) => request.body.includes(id))
    assert.ok(place >= 0, `the ERP was never asked for ${id}`)
    return place
  }
  const say = async (on: boolean) => {
    flood.send(on)
    await once(flood, 'message')
  }

  it('lets no more of its own go before an event of another partner than are under way already', async () => {
    await bench.deploy(...flow())
    await say(true)
    await eventually(async () => ((await bench.counts('shared'))?.waiting ?? 0) > BACKLOG)
    const before: number[] = []
    for (let n = 0; n < EVENTS; n += 1) before.push(await overtakenBy(`quiet-${n}`))
    await say(false)
    const backlog = (await bench.counts('shared'))?.waiting ?? 0
    assert.ok(backlog > BACKLOG, `a flood of ${backlog} waits`)
    assert.ok(Math.max(...before) <= MOST_BEFORE, `the flood went first with ${before.join(', ')} postings`)
  })
})
