import assert from 'node:assert/strict'
import { DEFAULT_RETRY } from '../../engine/delivery/retry.ts'
import { Subscriber } from '../../engine/delivery/subscriber.ts'
import { PartnerControl } from '../../engine/partner/control.ts'
import { openStore } from '../../engine/store/open.ts'
import type { Store } from '../../engine/store/ports.ts'
import { eventually } from '../support/eventually.ts'
import { clusterPlaces } from '../support/servers/cluster.ts'

const TOLD = { by: 'operator-1', reason: 'their ERP is being upgraded' }
const SECONDS = 10_000

describe('PartnerControl of two workers of one cluster', function () {
  this.timeout(90_000)
  const place = clusterPlaces()
  const clock = { now: () => Date.now() }
  let stores: Store[]
  let controls: PartnerControl[]
  let subscriber: Subscriber
  let done: string[]

  beforeEach(async () => {
    done = []
    const { url, redis } = place()
    stores = [await openStore(url, { clock, redis }), await openStore(url, { clock, redis })]
    controls = stores.map(({ documents, messages, audit, motor }) => {
      const complain = (error: unknown) => assert.fail(String(error))
      return new PartnerControl({ documents, messages, audit, motor, clock, complain })
    })
    for (const control of controls) await control.start()
    const { messages, keys, motor } = stores[1]!
    subscriber = new Subscriber(
      {
        ...{ messages, keys, motor, clock, crash: () => {}, random: Math.random },
        observe: () => {},
        beforeBury: async () => {},
        complain: (error) => assert.fail(String(error)),
      },
      {
        ...{ channel: 'work', subscription: 'work', ordered: false, concurrency: 8, visibilityMs: 60_000 },
        retry: DEFAULT_RETRY,
        async work({ message }) {
          done.push(message.id)
          return { kind: 'settle' }
        },
      },
    )
    await subscriber.start()
  })
  afterEach(async () => {
    await subscriber.stop(1000)
    await Promise.all(controls.map((control) => control.stop()))
    await Promise.all(stores.map((store) => store.close()))
  })

  const publish = async (id: string, partner: string) => {
    const { messages, motor } = stores[0]!
    await messages.append([{ id, channel: 'work', key: id, payload: null, headers: { partner }, correlationId: id }])
    motor.wake('work')
  }

  it('what is said to one holds for the other within seconds, and what was kept is given when it is resumed', async () => {
    const [one, other] = controls as [PartnerControl, PartnerControl]
    await one.set('acme', 'paused', TOLD)
    await publish('m-1', 'acme')
    await publish('m-2', 'other')
    await eventually(() => done.includes('m-2'), SECONDS)
    await eventually(() => other.mode('acme') === 'paused', SECONDS)
    assert.deepEqual(done, ['m-2'])
    await one.set('acme', 'draining', TOLD)
    await eventually(() => done.includes('m-1'), SECONDS)
    await eventually(() => other.state('acme').drainedAt !== undefined, SECONDS)
    await other.set('acme', 'running', TOLD)
    await eventually(() => one.mode('acme') === 'running', SECONDS)
  })
})
