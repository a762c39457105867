import assert from 'node:assert/strict'
import { before, describe, it } from 'mocha'
import { clusterBench } from '../support/cluster-bench.ts'
import { eventually } from '../support/eventually.ts'
import { TAB } from '../support/flow-nodes.ts'
import type { HubProcess } from '../support/hub-process.ts'
import { signed } from '../support/test-partner.ts'

const KEY = 'admin-of-these-tests-0123456789'

describe('a partner of one’s own in a hub of several processes', function () {
  this.timeout(120_000)
  const bench = clusterBench([TAB])
  let editor: HubProcess
  let worker: HubProcess
  before(async () => {
    const env = { CARTAGE_API_KEYS: `tests:${KEY}:admin` }
    editor = await bench.hub('editor', 'editor', env)
    worker = await bench.hub('worker', 'worker', env)
  })

  async function ask(hub: HubProcess, method: string, path: string, body?: object) {
    const answer = await fetch(`${hub.url}/api/v1/partners${path}`, {
      ...{ method, headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' } },
      ...(body && { body: JSON.stringify(body) }),
    })
    return { status: answer.status, body: (await answer.json()) as { webhook: { secret: string }; items: object[] } }
  }
  const standing = async (hub: HubProcess) =>
    (await ask(hub, 'GET', '')).body.items.find((one) => (one as { partner: string }).partner === 'van') as
      | { status: string; deployed: boolean; health: { lastIn?: string } }
      | undefined

  it('is made in one, hears its partner in the others, and is there again after a kill', async () => {
    const wish = { template: 'test-courier', label: 'Van', webhookSecret: 'generate', deploy: true }
    const made = await ask(editor, 'POST', '', wish)
    assert.equal(made.status, 201, JSON.stringify(made.body))
    const { secret } = made.body.webhook
    let number = 0
    const send = async () => {
      number += 1
      const body = JSON.stringify({ id: `e-${number}`, ref: 'SO-1', status: 'noise' })
      return (await fetch(`${worker.url}/webhooks/van`, signed(body, secret)).catch(() => ({ status: 0 }))).status
    }
    await eventually(async () => (await send()) === 202, 20_000)
    assert.match(worker.log, /takes over version/)
    assert.doesNotMatch(worker.log, /no template/)
    await worker.kill()
    await worker.start()
    await eventually(async () => (await send()) === 202, 20_000)
    await eventually(async () => (await standing(editor))?.health.lastIn !== undefined, 20_000)
    const { status, deployed } = (await standing(editor)) ?? assert.fail()
    assert.deepEqual([status, deployed], ['draft', true])
  })
})
