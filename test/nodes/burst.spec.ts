import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { Agent, request } from 'undici'
import { account, fn, node, partner, TAB } from '../support/flow-nodes.ts'
import { signed, type TestPartners, testPartners } from '../support/test-partner.ts'

const CONNECTIONS = 700
const BURST_MS = 4_000
/** A machine with other work takes longer to send more than the hub can take. */
const AT_MOST_MS = 30_000
/** Base64 noise, so that nothing about it is cheap. */
const BALLAST = Buffer.alloc(30_000, 'cartage').toString('base64')

/** A flow that is slower than what comes in. */
const FLOW = [
  TAB,
  partner('test-courier'),
  node('in', 'webhook-in', [['slow']], { partner: account('test-courier') }),
  fn('slow', 'setTimeout(() => { node.send(msg); node.done() }, 50)', [[]]),
]

describe('a burst beyond what a hub with 256 MB can take', function () {
  this.timeout(60_000)
  let partners: TestPartners
  let child: ChildProcess
  let agent: Agent
  let url: string

  before(async () => {
    partners = await testPartners()
    child = fork(join(import.meta.dirname, 'burst-child.ts'), {
      execArgv: ['--max-old-space-size=256'],
      env: { ...process.env, ...partners.env },
    })
    await answer()
    child.send({ flow: FLOW })
    url = (await answer()).url as string
    agent = new Agent({ connections: CONNECTIONS, pipelining: 1 })
  })
  after(async () => {
    await agent?.close()
    child?.kill('SIGKILL')
    await partners?.close()
  })
  const answer = async () => ((await once(child, 'message')) as [Record<string, unknown>])[0]

  it('loses nothing that it accepted, tells the others when to come again, and stays within its memory', async () => {
    const acknowledged: string[] = []
    const statuses = new Map<number, number>()
    let hints = 0
    const begun = performance.now()
    const turnedAway = () => [...statuses.keys()].some((status) => status !== 202)
    const goesOn = (ms: number) => ms < BURST_MS || (!turnedAway() && ms < AT_MOST_MS)
    let number = 0
    async function sender(): Promise<void> {
      while (goesOn(performance.now() - begun)) {
        number += 1
        const id = `evt-${number}`
        const init = signed(JSON.stringify({ id, ref: id, status: 'delivered', ballast: BALLAST }))
        const { statusCode, headers, body } = await request(`${url}/webhooks/test-courier`, {
          ...{ method: 'POST', headers: init.headers as Record<string, string>, body: init.body as string },
          dispatcher: agent,
        })
        await body.dump()
        statuses.set(statusCode, (statuses.get(statusCode) ?? 0) + 1)
        if (statusCode === 202) acknowledged.push(id)
        else if (Number(headers['retry-after']) >= 1) hints += 1
      }
    }
    await Promise.all(Array.from({ length: CONNECTIONS }, sender))
    const [taken = 0, slower = 0, full = 0] = [202, 429, 503].map((status) => statuses.get(status))
    const shown = JSON.stringify(Object.fromEntries(statuses))
    assert.deepEqual(
      [...statuses.keys()].filter((status) => ![202, 429, 503].includes(status)),
      [],
      shown,
    )
    assert.ok(taken > 100 && slower + full > 0, shown)
    assert.equal(hints, slower + full, 'each with Retry-After')

    child.send({ acknowledged })
    const { lost, rssMb, underWay } = await answer()
    assert.equal(lost, 0)
    assert.ok((rssMb as number) < 512, `${rssMb} MB`)
    assert.deepEqual(underWay, { requests: 0, bytes: 0 })
  })
})
