import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { account, node, partner, TAB } from '../support/flow-nodes.ts'
import { temporaryFolder } from '../support/temp.ts'
import { type TestPartners, testPartners } from '../support/test-partner.ts'

const CHILD = join(import.meta.dirname, 'crash-child.ts')

const effect = (id: string, ref: string, to: string[] = []) =>
  node(id, 'provider-connector', [to, [], []], {
    partner: account('test-courier'),
    operation: 'book',
    input: `{ "ref": "${ref}-" & (payload.ref ? payload.ref : payload.key ? payload.key : payload.messageId) }`,
    inputType: 'jsonata',
    subject: `"${ref}-" & (payload.ref ? payload.ref : payload.key ? payload.key : payload.messageId)`,
  })
const source = (id: string, channel: string, to: string) =>
  node(id, 'event-in', [[to]], { channel, subscription: channel, maxAttempts: 12 })

/** One message is booked, goes on and starts a timer whose breach is told; the other becomes a dead letter that is told. */
const FLOWS = [
  TAB,
  partner('test-courier'),
  source('in', 'work', 'sort'),
  node('sort', 'function', [['booked'], ['bury']], {
    func: 'return msg.payload.ref === "good" ? [msg, null] : [null, msg]',
    outputs: 2,
  }),
  effect('booked', 'booked', ['out', 'start']),
  node('out', 'event-out', [], { channel: 'next', channelType: 'str', key: '', keyType: 'auto' }),
  source('next', 'next', 'passed'),
  effect('passed', 'passed'),
  node('start', 'sla-timer', [[], ['breached']], {
    timer: 'agreement',
    action: 'start',
    key: '',
    keyType: 'auto',
    minutes: '0.001',
    minutesType: 'num',
    warnAt: 100,
  }),
  effect('breached', 'breached'),
  node('bury', 'dead-letter', [[]], { category: 'refused', code: 'no', reason: 'no', reasonType: 'str' }),
  source('failures', 'dead-letters', 'told'),
  effect('told', 'told'),
]
const EXPECTED = ['booked-good', 'breached-good', 'passed-good', 'told-bad']

/** Every named point of the engine. */
const STEPS = [
  'publish.before-append',
  'publish.after-append',
  'delivery.before-verdict',
  'delivery.after-settle',
  'delivery.before-bury',
  'timer.before-publish',
  'timer.after-publish',
  'effect.before-intent',
  'effect.after-intent',
  'effect.after-send',
  'effect.after-answer',
]

describe('a hub that is killed', function () {
  this.timeout(180_000)

  async function run(folder: string, partners: TestPartners, crashAt: string) {
    const child = spawn(process.execPath, [CHILD, folder], {
      env: { ...process.env, ...partners.env, FLOWS: JSON.stringify(FLOWS), CRASH_AT: crashAt },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let answer = ''
    child.stdout.on('data', (chunk: Buffer) => {
      answer += chunk.toString()
    })
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
    return { code, signal, answer }
  }

  for (const step of STEPS)
    it(`at ${step}, the first time it passes there, the second and so on: nothing is lost and nothing done twice`, async () => {
      for (let count = 1; ; count += 1) {
        const folder = temporaryFolder()
        const partners = await testPartners()
        try {
          const killed = await run(folder.path, partners, `${step}:${count}`)
          if (killed.signal !== null) assert.equal(killed.signal, 'SIGKILL')
          const last = killed.signal === null ? killed : await run(folder.path, partners, '')
          assert.equal(last.code, 0, `${step}:${count}`)
          const done = partners.ledger.map(({ ref }) => ref).sort()
          assert.deepEqual(done, EXPECTED, `${step}:${count}`)
          assert.match(last.answer, /\{"dead":\["bad"\]\}$/, `${step}:${count}`)
          if (killed.signal === null) {
            assert.ok(count > 1, `nothing passes ${step}`)
            return
          }
        } finally {
          await partners.close()
          folder.remove()
        }
      }
    })
})
