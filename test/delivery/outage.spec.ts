import assert from 'node:assert/strict'
import { DEFAULT_RETRY } from '../../engine/delivery/retry.ts'
import { Subscriber } from '../../engine/delivery/subscriber.ts'
import { EmbeddedLimiter } from '../../engine/store/embedded/limiter.ts'
import { eventually } from '../support/eventually.ts'
import { partnerBench } from '../support/partner-client.ts'
import { json } from '../support/scripted-server.ts'
import { storeBench } from '../support/store-bench.ts'

const MINUTE = 60_000
const MESSAGES = 40
const STEP_MS = 5_000

describe('a partner that is away for half an hour', function () {
  this.timeout(30_000)
  let subscriber: Subscriber
  let dead: string[]
  // before the store is closed
  afterEach(() => subscriber.stop(1000))
  const bench = storeBench()
  const server = partnerBench()

  /** A subscriber that books each message at the partner. */
  async function start(book: (input: unknown) => Promise<unknown>): Promise<void> {
    const { messages, keys, motor } = bench.store
    dead = []
    subscriber = new Subscriber(
      {
        ...{ messages, keys, motor, clock: bench.clock, crash: () => {}, random: Math.random },
        observe: () => {},
        beforeBury: async ({ message }) => void dead.push(message.id),
        complain: (error) => assert.fail(String(error)),
      },
      {
        ...{ channel: 'work', subscription: 'work', ordered: false, concurrency: 8, visibilityMs: MINUTE },
        retry: DEFAULT_RETRY,
        async work({ message }) {
          await book({ ref: message.id })
          return { kind: 'settle' }
        },
      },
    )
    await subscriber.start()
    await messages.append(
      Array.from({ length: MESSAGES }, (_, n) => `m-${n}`).map((id) => ({
        ...{ id, channel: 'work', key: id, payload: null, headers: {}, correlationId: id },
      })),
    )
  }
  /** Lets time pass, step by step, each until everything that was due has had its try. */
  async function pass(minutes: number): Promise<void> {
    for (let at = 0; at < minutes * MINUTE; at += STEP_MS) {
      bench.clock.advance(STEP_MS)
      bench.store.motor.wake('work')
      await eventually(async () => {
        const due = await bench.store.messages.nextDue('work')
        return subscriber.busy === 0 && (due === undefined || due > bench.clock.now())
      })
    }
  }
  const open = async () => {
    const [counts] = await bench.store.messages.counts()
    return (counts?.waiting ?? 0) + (counts?.leased ?? 0)
  }

  for (const [what, step] of [
    ['500', json(500, {})],
    ['502', json(502, 'Bad Gateway')],
    ['503', json(503, {})],
  ] as const)
    it(`answers ${what}: the breaker opens, it is asked now and then, nothing is lost, and all is done when it is back`, async () => {
      server.script(step)
      const limiter = new EmbeddedLimiter(bench.clock)
      const breaker = { openAfter: 5, openMs: 30_000 }
      await start(server.booking({}, { breaker }, { clock: bench.clock, limiter }))
      await pass(30)
      // five before it opens, with what was under way then, and one trial for each half minute at the most
      assert.ok(server.seen.length <= 13 + 60, `${server.seen.length} requests`)
      assert.ok(server.seen.length >= 10, `${server.seen.length} requests: it is looked for`)
      assert.deepEqual([await open(), dead], [MESSAGES, []])
      const before = server.seen.length
      server.script(json(201, {}))
      await pass(10)
      assert.equal(await open(), 0)
      assert.deepEqual(dead, [])
      assert.equal(server.seen.length - before, MESSAGES, 'each once')
    })
})
