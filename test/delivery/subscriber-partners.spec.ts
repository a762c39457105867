import assert from 'node:assert/strict'
import { DEFAULT_RETRY } from '../../engine/delivery/retry.ts'
import { Subscriber } from '../../engine/delivery/subscriber.ts'
import { eventually } from '../support/eventually.ts'
import { storeBench } from '../support/store-bench.ts'

describe('Subscriber of several partners', () => {
  let subscriber: Subscriber
  let release: () => void
  // before the store is closed
  afterEach(async () => {
    release()
    await subscriber.stop(1000)
  })
  const bench = storeBench()
  let claims: number
  /** Ids of what is under way or was. */
  let begun: string[]
  beforeEach(() => {
    begun = []
    claims = 0
  })

  /** A subscriber whose work of partner `slow` takes until `release`. */
  async function start(concurrency: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    release = resolve
    const { messages, keys, motor } = bench.store
    const counting = new Proxy(messages, {
      get(target, name) {
        if (name === 'claim') claims += 1
        const value = Reflect.get(target, name)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
    subscriber = new Subscriber(
      {
        ...{ messages: counting, keys, motor, clock: bench.clock, crash: () => {}, random: Math.random },
        observe: () => {},
        beforeBury: async () => {},
        complain: (error) => assert.fail(String(error)),
      },
      {
        ...{ channel: 'work', subscription: 'work', ordered: false, concurrency, visibilityMs: 60_000 },
        retry: DEFAULT_RETRY,
        async work({ message }) {
          begun.push(message.id)
          if (message.headers.partner === 'slow') await promise
          return { kind: 'settle' }
        },
      },
    )
    await subscriber.start()
  }
  async function publish(partner: string, count: number): Promise<void> {
    const ids = Array.from({ length: count }, (_, index) => `${partner}-${index}`)
    const headers: Record<string, string> = partner === '' ? {} : { partner }
    await bench.store.messages.append(
      ids.map((id) => ({ id, channel: 'work', key: id, payload: null, headers, correlationId: id })),
    )
    bench.store.motor.wake('work')
  }
  const of = (partner: string) => begun.filter((id) => id.startsWith(`${partner}-`))

  it('works on for a quiet one while a slow one fills all its places', async () => {
    await start(8)
    await publish('slow', 50)
    await eventually(() => of('slow').length === 8)
    await publish('quiet', 3)
    await publish('', 2)
    await eventually(() => of('quiet').length === 3 && of('').length === 2)
    assert.equal(of('slow').length, 8)
  })

  it('takes no more than a quarter above its places', async () => {
    await start(8)
    for (const partner of ['slow', 'one', 'two', 'three']) await publish(partner, 10)
    await eventually(() => of('slow').length === 8 && of('three').length === 10)
    assert.ok(subscriber.busy <= 10)
  })

  it('of one at a time stays at one at a time', async () => {
    await start(1)
    await publish('slow', 3)
    await eventually(() => of('slow').length === 1)
    await publish('quiet', 1)
    await new Promise((resolve) => setImmediate(resolve))
    assert.deepEqual(begun, ['slow-0'])
    release()
    await eventually(() => begun.length === 4)
  })

  it('does not ask the store at each wake-up while it has no place to give', async () => {
    await start(8)
    await publish('slow', 1000)
    await eventually(() => of('slow').length === 8)
    const before = claims
    const started = performance.now()
    for (let n = 0; n < 2000; n += 1) {
      bench.store.motor.wake('work')
      if (n % 20 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    const took = performance.now() - started
    assert.ok(claims - before <= 2 + took, `${claims - before} claims in ${took} ms`)
  })
})
