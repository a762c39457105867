import assert from 'node:assert/strict'
import { Pace } from '../../engine/delivery/replay/pace.ts'
import { SettableClock } from '../support/clock.ts'

describe('the pace of a replay', () => {
  it('lets so many go in a second, and none to make up for a pause', () => {
    const clock = new SettableClock()
    const pace = new Pace(clock, 10)
    assert.equal(pace.take(100), 1)
    assert.equal(pace.take(100), 0)
    assert.equal(pace.waitMs, 250)
    clock.advance(500)
    assert.equal(pace.take(3), 3)
    assert.equal(pace.take(100), 2)
    clock.advance(3_600_000)
    assert.equal(pace.take(100), 10)
    clock.advance(-1000)
    assert.equal(pace.take(100), 0)
  })

  it('goes slower than one a second, too', () => {
    const clock = new SettableClock()
    const pace = new Pace(clock, 0.5)
    assert.equal(pace.take(1), 1)
    assert.equal(pace.waitMs, 2000)
  })
})
