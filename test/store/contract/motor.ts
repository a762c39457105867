import assert from 'node:assert/strict'
import type { Motor, Store } from '../../../engine/store/ports.ts'
import { SettableClock } from '../../support/clock.ts'
import { eventually } from '../../support/eventually.ts'
import type { OpenClean } from './support.ts'

export function motorContract(name: string, open: OpenClean): void {
  describe(`motor: ${name}`, () => {
    let store: Store
    let motor: Motor
    let heard: string[]
    const listen = (topic: string, as = topic) => motor.onWake(topic, () => heard.push(as))
    /** A wake is a hint without an answer: a later one on a topic of its own shows that earlier ones are through. */
    const settled = async () => {
      let through = false
      const stop = motor.onWake('through', () => {
        through = true
      })
      motor.wake('through')
      await eventually(() => through)
      stop()
    }

    beforeEach(async () => {
      store = await open(new SettableClock())
      motor = store.motor
      heard = []
    })
    afterEach(() => store.close())

    it('wakes every listener of the topic, and of no other', async () => {
      listen('orders', 'one')
      listen('orders', 'two')
      listen('events')
      motor.wake('orders')
      await eventually(() => heard.length === 2)
      await settled()
      assert.deepEqual(heard.sort(), ['one', 'two'])
    })

    it('never calls a listener before `wake` has returned', async () => {
      listen('orders')
      motor.wake('orders')
      assert.deepEqual(heard, [])
      await eventually(() => heard.length === 1)
    })

    it('makes few wakes of a burst, and at least one', async () => {
      listen('orders')
      for (let index = 0; index < 1_000; index++) motor.wake('orders')
      await eventually(() => heard.length > 0)
      await settled()
      assert.ok(heard.length <= 2, `${heard.length} wakes`)
    })

    it('wakes again for what comes after', async () => {
      listen('orders')
      motor.wake('orders')
      await eventually(() => heard.length === 1)
      motor.wake('orders')
      await eventually(() => heard.length === 2)
    })

    it('does not lose a wake that a listener gives while it is woken', async () => {
      let rounds = 0
      motor.onWake('orders', () => {
        if (++rounds < 3) motor.wake('orders')
      })
      motor.wake('orders')
      await eventually(() => rounds === 3)
    })

    it('stops when told, only the one told, and twice does no harm', async () => {
      const stop = listen('orders', 'stopped')
      listen('orders', 'kept')
      motor.wake('orders')
      stop()
      stop()
      motor.wake('orders')
      await eventually(() => heard.includes('kept'))
      await settled()
      assert.equal(heard.includes('stopped'), false)
    })

    it('keeps the others awake when one listener throws', async () => {
      const warnings: Error[] = []
      const remember = (warning: Error) => warnings.push(warning)
      process.on('warning', remember)
      motor.onWake('orders', () => {
        throw new Error('broken listener')
      })
      listen('orders')
      motor.wake('orders')
      await eventually(() => heard.length === 1)
      await eventually(() => warnings.some(({ message }) => message === 'broken listener'))
      process.off('warning', remember)
    })

    it('is quiet after closing', async () => {
      listen('orders')
      motor.wake('orders')
      await store.close()
      motor.wake('orders')
      await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
      assert.deepEqual(heard, [])
    })
  })
}
