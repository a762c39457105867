import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { MessageStore } from '../../../engine/store/ports.ts'
import type { SettableClock } from '../../support/clock.ts'
import { claimOne, failure, idsOf, ILL_FORMED, message, refuses, STRANGE } from './support.ts'

export function partnerContract(clock: SettableClock, store: () => MessageStore): void {
  /** Ids begin with the name of their partner. */
  const from = (...ids: string[]) =>
    store().append(ids.map((id) => message(id, { key: id, headers: { partner: id[0]! } })))
  const many = (partner: string, count: number) => Array.from({ length: count }, (_, index) => `${partner}${index}`)
  const claim = async (limit: number) => idsOf(await store().claim('s', { limit, leaseMs: 1_000 }))
  const inTurn = async (claims: number) => {
    const partners: string[] = []
    for (let round = 0; round < claims; round++) partners.push(...(await claim(1)).map((id) => id[0]!))
    return partners
  }

  describe('partners', () => {
    beforeEach(() => store().subscribe('events', 's'))

    it('take turns from claim to claim, each with its oldest first', async () => {
      await from(...many('a', 100))
      await from('b0', 'b1', 'c0', 'b2')
      const claimed: string[] = []
      for (let round = 0; round < 8; round++) claimed.push(...(await claim(1)))
      const of = (partner: string) => claimed.filter((id) => id.startsWith(partner))
      assert.deepEqual([of('a'), of('b'), of('c')], [many('a', 4), ['b0', 'b1', 'b2'], ['c0']])
    })

    it('each get a share of one claim, given in the order of acceptance', async () => {
      await from(...many('a', 50))
      await from(...many('b', 50), 'c0')
      assert.deepEqual(await claim(9), [...many('a', 4), ...many('b', 4), 'c0'])
    })

    it('get the whole claim when nobody else has anything', async () => {
      await from(...many('a', 20), 'b0')
      await claim(2)
      assert.equal((await claim(15)).length, 15)
    })

    it('are served as they come after a pause in which nothing was due', async () => {
      await from('a0', 'b0')
      for (const delivery of await store().claim('s', { limit: 9, leaseMs: 1_000 })) await store().settle(delivery)
      assert.deepEqual(await claim(9), [])
      await from('b1', 'a1')
      assert.deepEqual(await claim(1), ['b1'])
    })

    it('that are left out get nothing, and lose nothing', async () => {
      await from(...many('a', 3), 'b0')
      await store().append([message('nobody', { headers: {} })])
      const claimed = await store().claim('s', { limit: 9, leaseMs: 1_000, except: ['a', '', 'unknown'] })
      assert.deepEqual(idsOf(claimed), ['b0'])
      assert.deepEqual(await claim(9), [...many('a', 3), 'nobody'])
    })

    it('take turns with what is tried again, too', async () => {
      await from(...many('a', 20), 'b0')
      for (const delivery of await store().claim('s', { limit: 30, leaseMs: 1_000 }))
        await store().retry(delivery, clock.now(), failure())
      assert.deepEqual((await inTurn(2)).sort(), ['a', 'b'])
    })

    it('take turns with messages that name no partner', async () => {
      await from(...many('a', 20))
      await store().append([message('nobody', { headers: {} })])
      assert.ok((await inTurn(2)).includes('n'))
    })

    it('whatever their name, are served', async () => {
      const names = [...STRANGE, ILL_FORMED, 'x'.repeat(5_000), '']
      await store().append(
        names.map((partner, index) => message(`m${index}`, { key: `k${index}`, headers: { partner } })),
      )
      assert.equal((await claim(100)).length, names.length)
    })

    it('keep the order of their lanes', async () => {
      await store().subscribe('events', 'o', { ordered: true })
      const [a, b] = [{ partner: 'a' }, { partner: 'b' }]
      await store().append([
        message('a1', { headers: a }),
        message('b1', { headers: b }),
        message('a2', { headers: a }),
        message('b2', { headers: b, key: 'shp_2' }),
      ])
      assert.deepEqual(idsOf(await store().claim('o', { limit: 9, leaseMs: 1_000 })), ['a1', 'b2'])
    })

    it('are never kept waiting longer than one turn of the others, in any run', async () => {
      let run = 0
      const step = fc.record({
        what: fc.constantFrom('append', 'append', 'claim', 'hold', 'release'),
        partner: fc.constantFrom('a', 'b', 'c', 'd'),
        count: fc.integer({ min: 1, max: 5 }),
      })
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), (steps) =>
          playPartners(store(), `run${run++}`, steps),
        ),
        { numRuns: 40 },
      )
    })
  })

  describe('held partners', () => {
    beforeEach(() => store().subscribe('events', 's'))

    it('are given nothing in any subscription until they are let go', async () => {
      await store().subscribe('events', 't')
      await store().hold('a', true)
      await from('a0', 'b0', 'a1')
      assert.deepEqual(await claim(9), ['b0'])
      assert.deepEqual(idsOf(await store().claim('t', { limit: 9, leaseMs: 1 })), ['b0'])
      await store().hold('a', false)
      assert.deepEqual(await claim(9), ['a0', 'a1'])
    })

    it('go on with what is under a lease, and get no lapsed or failed one again', async () => {
      await from('a0', 'a1', 'a2')
      const [settled, retried, lapsed] = await store().claim('s', { limit: 3, leaseMs: 1_000 })
      await store().hold('a', true)
      await store().settle(await store().extend(settled!, 1_000))
      await store().retry(retried!, clock.now(), failure())
      clock.advance(1_000)
      assert.deepEqual(await claim(9), [])
      await store().hold('a', false)
      assert.deepEqual(await claim(9), [retried!.message.id, lapsed!.message.id])
    })

    it('do not count for when the next delivery is due', async () => {
      await from('a0')
      await store().hold('a', true)
      assert.equal(await store().nextDue('s'), undefined)
      await from('b0')
      await store().retry(await claimOne(store(), 's'), clock.now() + 500, failure())
      assert.equal(await store().nextDue('s'), clock.now() + 500)
      await store().hold('a', false)
      assert.equal(await store().nextDue('s'), clock.now())
    })

    it('are listed in alphabetical order, each once', async () => {
      for (const partner of ['b', 'a', 'b', 'c']) await store().hold(partner, true)
      await store().hold('c', false)
      await store().hold('never', false)
      assert.deepEqual(await store().heldPartners(), ['a', 'b'])
    })

    it('are told what is open of them over all subscriptions', async () => {
      await store().subscribe('events', 't')
      await from('a0', 'a1', 'b0')
      await store().hold('a', true)
      assert.deepEqual(await store().backlog('a'), { waiting: 4, leased: 0 })
      await store().hold('a', false)
      const claimed = await store().claim('s', { limit: 9, leaseMs: 1_000 })
      assert.deepEqual(await store().backlog('a'), { waiting: 2, leased: 2 })
      for (const delivery of claimed) await store().settle(delivery)
      assert.deepEqual(await store().backlog('a'), { waiting: 2, leased: 0 })
      assert.deepEqual(await store().backlog(''), { waiting: 0, leased: 0 })
      await store().append([message('nobody', { headers: {} })])
      assert.deepEqual(await store().backlog(''), { waiting: 2, leased: 0 })
    })

    it('cannot be nobody, or anything but a name', async () => {
      for (const partner of ['', ILL_FORMED, 'x'.repeat(1_025), { $ne: null }, null, 1])
        await refuses('store.invalid', () => store().hold(partner as never, true))
      await refuses('store.invalid', () => store().hold('a', 'yes' as never))
      await refuses('store.invalid', () => store().backlog({ $ne: null } as never))
      assert.deepEqual(await store().heldPartners(), [])
    })
  })
}

interface Step {
  what: string
  partner: string
  count: number
}

/** Claims one at a time; while a partner waits, nobody else is served twice. */
async function playPartners(store: MessageStore, channel: string, steps: Step[]): Promise<void> {
  await store.subscribe(channel, channel)
  const waiting = new Map<string, number>()
  const passedOver = new Map<string, string[]>()
  const held = new Set<string>()
  let appended = 0
  const partnerOf = (name: string) => `${channel}-${name}`
  const claim = async () => {
    const due = [...waiting].filter(([partner, count]) => count > 0 && !held.has(partner)).map(([partner]) => partner)
    const [delivery] = await store.claim(channel, { limit: 1, leaseMs: 60_000 })
    assert.equal(delivery === undefined, due.length === 0, `due: ${due}`)
    if (!delivery) return
    const served = delivery.message.headers.partner!
    assert.ok(due.includes(served), `${served} is held, or had nothing`)
    waiting.set(served, waiting.get(served)! - 1)
    passedOver.delete(served)
    for (const partner of due.filter((one) => one !== served)) {
      const before = passedOver.get(partner) ?? []
      assert.ok(!before.includes(served), `${partner} was passed over twice for ${served}`)
      passedOver.set(partner, [...before, served])
    }
    await store.settle(delivery)
  }
  for (const { what, partner: name, count } of steps) {
    const partner = partnerOf(name)
    if (what === 'append') {
      const ids = Array.from({ length: count }, () => `${channel}-${appended++}`)
      await store.append(ids.map((id) => message(id, { channel, key: id, headers: { partner } })))
      waiting.set(partner, (waiting.get(partner) ?? 0) + count)
    } else if (what === 'claim') for (let round = 0; round < count; round++) await claim()
    else {
      await store.hold(partner, what === 'hold')
      if (what === 'hold') held.add(partner)
      else held.delete(partner)
      passedOver.delete(partner)
    }
  }
  for (const partner of held) await store.hold(partner, false)
  held.clear()
  passedOver.clear()
  while ([...waiting.values()].some((count) => count > 0)) await claim()
  assert.equal(await store.nextDue(channel), undefined)
}
