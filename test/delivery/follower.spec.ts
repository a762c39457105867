import assert from 'node:assert/strict'
import { Follower } from '../../engine/delivery/follower.ts'
import { EmbeddedMotor } from '../../engine/store/embedded/motor.ts'
import { eventually } from '../support/eventually.ts'

const TOPIC = 'what-is-written'

describe('keeping up with what others write', () => {
  const motor = new EmbeddedMotor()
  after(() => motor.close())

  /** What it did and met, in order. */
  function follower(look: () => Promise<void>) {
    const complaints: unknown[] = []
    const follows = new Follower({ motor, topic: TOPIC, look, complain: (error) => complaints.push(error) })
    return { follows, complaints }
  }

  it('looks when it is told, and no more once it has stopped', async () => {
    let looks = 0
    const { follows } = follower(async () => {
      looks += 1
    })
    follows.start()
    follows.tell()
    await eventually(() => looks === 1)
    await follows.stop()
    motor.wake(TOPIC)
    await new Promise(setImmediate)
    assert.equal(looks, 1)
  })

  it('lets a look that has begun come to its end before a change, and stops after both', async () => {
    const steps: string[] = []
    const held = Promise.withResolvers<void>()
    const { follows } = follower(async () => {
      await held.promise
      steps.push('looked')
    })
    const looked = follows.look()
    const changed = follows.inTurn(async () => steps.push('changed'))
    const stopped = follows.stop().then(() => steps.push('stopped'))
    held.resolve()
    await Promise.all([looked, changed, stopped])
    assert.deepEqual(steps, ['looked', 'changed', 'stopped'])
  })

  it('tells of a look that failed, and goes on', async () => {
    const broken = new Error('the store is away')
    const { follows, complaints } = follower(() => Promise.reject(broken))
    follows.start()
    follows.tell()
    await eventually(() => complaints.length === 1)
    assert.deepEqual(complaints, [broken])
    assert.equal(await follows.inTurn(async () => 'done'), 'done')
    await follows.stop()
  })
})
