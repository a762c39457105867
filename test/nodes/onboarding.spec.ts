import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { shipmentIdOf } from '../../engine/lifecycle/index.ts'
import { sampleOrder } from '../support/api-server.ts'
import { eventually } from '../support/eventually.ts'
import { node, source } from '../support/flow-nodes.ts'
import { flowBench } from '../support/flow-bench.ts'
import { runScript } from '../support/run-script.ts'
import { json, type ScriptedServer, scriptedServer } from '../support/scripted-server.ts'
import { templatesFolder } from '../support/templates.ts'

const SECRET = 'what-the-courier-signs-with'

describe('a courier without a template, from nothing to live, without a browser', function () {
  this.timeout(120_000)
  let courier: ScriptedServer
  const bench = flowBench(async () => {
    courier = await scriptedServer()
    courier.script(json(201, { id: 'SHP-1', tracking_number: 'T-1', status: 'created' }))
    return { CARTAGE_TEMPLATES: templatesFolder }
  })
  after(() => courier.close())

  async function run(...words: string[]): Promise<string> {
    const env = { CARTAGE_URL: bench.hub.url, CARTAGE_DATA: bench.hub.dataDir, VAN: SECRET, VAN_KEY: 'k-1' }
    const { code, out, error } = await runScript('partner', words, env)
    assert.equal(code, 0, out + error)
    return out + error
  }
  /** An order becomes a shipment and is booked at the partner. */
  const book = (provider: string) => [
    source('create'),
    node('create', 'shipment-lifecycle', [['whom'], [], []], { action: 'create' }),
    node('whom', 'change', [['book']], { rules: [{ t: 'set', p: 'provider', pt: 'msg', to: provider, tot: 'str' }] }),
    node('book', 'provider-connector', [['note'], [], []], {
      ...{ partner: '', operation: 'book', input: 'shipment', inputType: 'msg', subject: '', onUnreachable: 'retry' },
    }),
    node('note', 'shipment-lifecycle', [[], [], []], { action: 'booking' }),
  ]

  it('is made of the generic template, tried, let go, books, and moves its shipment', async () => {
    await bench.deploy(...book('red-van'))
    const made = await run(
      ...['new', '--template', 'generic-rest', '--label', 'Red Van', '--url', courier.url, '--rate', '20'],
      ...['--credential', 'apiKey=env:VAN_KEY', '--webhook-secret', 'env:VAN', '--parameter', 'timeZone=Europe/Berlin'],
    )
    assert.match(made, /^red-van is made from generic-rest: a draft, deployed/)
    await eventually(() => bench.runtime.webhooks.has('/webhooks/red-van'))

    const order = sampleOrder('SO-7')
    await bench.publish(order)
    const untouched = await runScript('partner', ['test', 'red-van'], {
      CARTAGE_URL: bench.hub.url,
      CARTAGE_DATA: bench.hub.dataDir,
    })
    assert.equal(untouched.code, 1, 'it is still the invented courier of the template')
    assert.match(untouched.out, /still that of the invented partner of the template/)
    const mapping = bench.runtime.profiles.get('red-van')?.mappings['map/webhook.jsonata']
    await bench.runtime.desk.save('red-van', 'map/webhook.jsonata', `${mapping}\n/* as Red Van tells it */\n`, {
      by: 'ann',
    })
    assert.match(await run('test', 'red-van'), /0 in the way/)
    assert.equal(courier.seen.length, 0, 'a test asks the simulator, and a draft books nothing')
    assert.match(await run('tested', 'red-van', '--reason', 'all green'), /^red-van is tested/)
    assert.match(await run('live', 'red-van'), /^red-van is live/)

    // What waited while it was a draft comes by itself; nobody has to wait for it here.
    await bench.publish(order)
    const known = () => bench.runtime.lifecycle.get(shipmentIdOf('SO-7'))
    await eventually(async () => (await known())?.booking?.bookingId === 'SHP-1')
    assert.equal(courier.seen.filter(({ method }) => method === 'POST').length, 1)
    assert.equal(courier.seen[0]?.headers.authorization, 'Bearer k-1')

    const told = { event_id: 'ev-1', event: 'delivered', tracking_number: 'T-1', occurred_at: '2026-03-02T14:47:02Z' }
    const body = JSON.stringify(told)
    const signature = createHmac('sha256', SECRET).update(body).digest('hex')
    const answer = await fetch(`${bench.hub.url}/webhooks/red-van`, {
      ...{ method: 'POST', body, headers: { 'content-type': 'application/json', 'x-signature': signature } },
    })
    assert.equal(answer.status, 202)
    await eventually(async () => (await known())?.status === 'delivery.completed')
    assert.match(await run('draft', 'red-van', '--reason', 'their API changes'), /^red-van is draft/)
  })
})
