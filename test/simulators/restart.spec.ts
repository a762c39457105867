import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { simulatorEnvironment } from '../../simulators/environment.ts'
import { eventually } from '../support/eventually.ts'
import { ask, basic, listeningHub } from '../support/simulated-partners.ts'
import { temporaryFolder } from '../support/temp.ts'

describe('simulated partners as a process', () => {
  it('keep ledger, journeys and unsent webhooks over kill -9', async () => {
    const folder = temporaryFolder()
    let hubIsUp = false
    const hub = await listeningHub(() => ({ status: hubIsUp ? 200 : 503 }))
    let child: ChildProcess | undefined
    try {
      const first = await start(folder.path, hub.url)
      child = first.child
      const env = simulatorEnvironment(first.url)
      const references = Array.from({ length: 20 }, (_, index) => `8000300${index}`)
      await ask(`${first.url}/_control/plan`, {
        json: references.map((reference) => ({ reference, outcome: 'delivered' })),
      })
      for (const reference of references) {
        const answer = await ask(`${env['CARTAGE_EASYPOST_URL']}/shipments`, {
          json: {
            shipment: { reference, to_address: {}, from_address: {}, parcel: { weight: 1 }, service: 'FEDEX_GROUND' },
          },
          headers: { authorization: basic(env['CARTAGE_EASYPOST_API_KEY'] ?? '') },
        })
        assert.equal(answer.status, 201)
      }
      child.kill('SIGKILL')
      await once(child, 'exit')

      hubIsUp = true
      const second = await start(folder.path, hub.url)
      child = second.child
      const { body: summary } = await ask(`${second.url}/_control/summary`)
      assert.deepEqual(
        summary.easypost.effects.booking,
        Object.fromEntries(references.map((reference) => [reference, 1])),
      )
      const finished = async () => {
        const { body } = await ask(`${second.url}/_control/expected`)
        return (
          body.length === 20 &&
          body.every((entry: { finished: boolean; outcome: string }) => entry.finished && entry.outcome === 'delivered')
        )
      }
      await eventually(finished, 15_000)
      const delivered = hub
        .of('easypost')
        .filter((hook) => (hook.body['result'] as { status: string }).status === 'delivered')
      assert.equal(
        new Set(delivered.map((hook) => (hook.body['result'] as { tracking_code: string }).tracking_code)).size,
        20,
      )
    } finally {
      child?.kill('SIGKILL')
      hub.close()
      folder.remove()
    }
  })
})

async function start(dir: string, hubUrl: string): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(process.execPath, ['simulators/main.ts'], {
    cwd: new URL('../..', import.meta.url),
    env: {
      ...process.env,
      CARTAGE_SIM_PORT: '0',
      CARTAGE_SIM_DATA: dir,
      CARTAGE_URL: hubUrl,
      CARTAGE_HUB_URL: hubUrl,
      CARTAGE_SIM_SPEED: '0',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    output += chunk.toString()
  })
  const url = await eventually(() => /ready at (\S+)/.exec(output)?.[1], 15_000)
  return { child, url }
}
