import assert from 'node:assert/strict'
import { gateLimits, IntakeGate } from '../../engine/delivery/intake-gate.ts'

const LIMITS = { requests: 10, bytes: 1000, senderShare: 0.5, lagMs: 100 }
const FULL = { category: 'transient', code: 'intake.full' }
const SENDER = { category: 'throttled', code: 'intake.sender', retryAfterMs: 1000 }

describe('IntakeGate', () => {
  let lag = 0
  let gate: IntakeGate
  beforeEach(() => {
    lag = 0
    gate = new IntakeGate(LIMITS, () => lag)
  })
  const times = (count: number, sender: string, bytes = 1) =>
    Array.from({ length: count }, () => gate.enter(sender, bytes))

  it('lets in what has room, and counts it until it is answered', () => {
    const [leave] = times(3, 'a', 100)
    assert.deepEqual(gate.underWay, { requests: 3, bytes: 300 })
    leave?.()
    leave?.()
    assert.deepEqual(gate.underWay, { requests: 2, bytes: 200 }, 'who leaves twice leaves once')
  })

  it('gives one sender half of it, and the others the rest', () => {
    const leaves = times(5, 'a')
    assert.throws(() => gate.enter('a', 1), SENDER)
    times(5, 'b')
    leaves[0]?.()
    gate.enter('a', 1)
    assert.deepEqual(gate.underWay, { requests: 10, bytes: 10 })
  })

  it('counts bytes as well', () => {
    gate.enter('a', 400)
    assert.throws(() => gate.enter('a', 200), SENDER)
    gate.enter('a', 100)
    gate.enter('b', 400)
    assert.throws(() => gate.enter('c', 200), FULL)
    gate.enter('c', 100)
  })

  it('says to everybody that the hub is full', () => {
    for (const sender of ['a', 'b']) times(5, sender)
    assert.throws(() => gate.enter('c', 0), FULL)
  })

  it('takes one body larger than the share when there is nothing else', () => {
    const leave = gate.enter('a', 5000)
    assert.throws(() => gate.enter('b', 1), FULL)
    leave()
    assert.throws(() => {
      gate.enter('a', 5000)
      gate.enter('a', 1)
    }, SENDER)
  })

  it('takes nothing new while the process is late', () => {
    lag = 101
    assert.throws(() => gate.enter('a', 1), { ...FULL, retryAfterMs: 3000 })
    lag = 100
    gate.enter('a', 1)
  })

  it('lets those wait who are simply not read from, in their order, and loses none', async () => {
    const order: number[] = []
    const leaves = times(5, 'a').concat(times(5, 'b'))
    const waiting = Array.from({ length: 30 }, async (_, index) => {
      const leave = await gate.wait('mqtt', 1)
      order.push(index)
      assert.ok(gate.underWay.requests <= 10)
      await new Promise((resolve) => setImmediate(resolve))
      leave()
    })
    await new Promise((resolve) => setImmediate(resolve))
    assert.deepEqual(order, [])
    for (const leave of leaves) leave()
    await Promise.all(waiting)
    assert.deepEqual(
      order,
      [...order].sort((one, other) => one - other),
    )
    assert.deepEqual(gate.underWay, { requests: 0, bytes: 0 })
  })

  it('lets a large one wait for its room, while others finish', async () => {
    const [first, second] = [gate.enter('a', 400), gate.enter('b', 400)]
    let inside = false
    const large = gate.wait('mqtt', 900).then((leave) => {
      inside = true
      return leave
    })
    first()
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(inside, false)
    second()
    ;(await large)()
  })

  it('has its share of the heap', () => {
    const mib = 1024 * 1024
    assert.equal(gateLimits(64 * mib).bytes, 8 * mib)
    assert.equal(gateLimits(256 * mib).bytes, 16 * mib)
    assert.equal(gateLimits(64 * 1024 * mib).bytes, 256 * mib)
  })
})
