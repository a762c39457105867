import assert from 'node:assert/strict'
import { type HealthFacts, PartnerPulse, type Vitals, wordOf } from '../../engine/partner/health.ts'
import { storeBench } from '../support/store-bench.ts'

const MINUTE_MS = 60_000

describe('what a partner did lately', () => {
  const bench = storeBench()
  let open: PartnerPulse[]
  beforeEach(() => {
    open = []
  })
  afterEach(() => Promise.all(open.map((pulse) => pulse.stop())))

  async function pulseOf(worker: string): Promise<PartnerPulse> {
    const complain = (error: unknown) => assert.fail(String(error))
    const pulse = new PartnerPulse({ documents: bench.store.documents, clock: bench.clock, worker, complain })
    await pulse.start()
    open.push(pulse)
    return pulse
  }
  const seen = async (pulse: PartnerPulse): Promise<Vitals | undefined> => (await pulse.read()).get('van')

  it('is counted over fifteen minutes, and over all processes', async () => {
    const [one, other] = [await pulseOf('one'), await pulseOf('other')]
    const began = bench.clock.now()
    for (const result of ['answered', 'refused', 'throttled', 'transient']) one.called('van', result)
    bench.clock.advance(5 * MINUTE_MS)
    other.called('van', 'outage')
    other.heard('van')
    await Promise.all([one.write(), other.write()])
    const both = { total: 5, failed: 2, lastIn: began + 5 * MINUTE_MS, lastOut: began + 5 * MINUTE_MS }
    assert.deepEqual([await seen(one), await seen(other)], [both, both])
    bench.clock.advance(12 * MINUTE_MS)
    assert.deepEqual([(await seen(one))?.total, (await seen(one))?.failed], [1, 1])
    bench.clock.advance(MINUTE_MS * 60)
    assert.deepEqual([(await seen(one))?.total, (await seen(one))?.lastIn], [0, both.lastIn])
  })

  it('tells what was turned away at the door since something was let in, over all processes', async () => {
    const [one, other] = [await pulseOf('one'), await pulseOf('other')]
    assert.deepEqual([one.refused('van', 'signature.missing'), one.refused('van', 'signature.missing')], [1, 2])
    bench.clock.advance(1_000)
    assert.equal(other.refused('van', 'signature.mismatch'), 1)
    await Promise.all([one.write(), other.write()])
    const refused = { count: 3, at: bench.clock.now(), reason: 'signature.mismatch' }
    assert.deepEqual([(await seen(one))?.refused, (await seen(other))?.refused], [refused, refused])
    bench.clock.advance(1_000)
    one.heard('van')
    await one.write()
    assert.deepEqual([(await seen(one))?.refused, (await seen(other))?.refused], [undefined, undefined])
    assert.equal(one.refused('van', 'signature.missing'), 1)
    await one.write()
  })

  it('survives a restart, and a second process of the same name', async () => {
    const one = await pulseOf('one')
    one.called('van', 'answered')
    await one.stop()
    const again = await pulseOf('one')
    assert.equal((await seen(again))?.total, 1)
    const twin = await pulseOf('one')
    again.called('van', 'answered')
    await again.write()
    twin.called('van', 'answered')
    await twin.write()
    await twin.write()
    assert.ok(((await seen(await pulseOf('looker')))?.total ?? 0) >= 2)
  })

  it('keeps no more minutes than it needs', async () => {
    const one = await pulseOf('one')
    for (let minute = 0; minute < 40; minute += 1) {
      one.called('van', 'answered')
      bench.clock.advance(MINUTE_MS)
    }
    await one.write()
    const kept = await bench.store.documents.get<{ partners: { van: { minutes: object } } }>('partner-pulse', 'one')
    assert.ok(Object.keys(kept?.body.partners.van.minutes ?? {}).length <= 15)
  })
})

describe('how a partner is, in a word', () => {
  const now = Date.parse('2026-03-02T10:00:00Z')
  const well: HealthFacts = {
    ...{ deployed: true, draft: false, held: false, breaker: 'closed', speaks: true, now },
    ...{ total: 10, failed: 0, lastIn: now - 1000, lastOut: now - 1000 },
  }
  for (const [title, facts, word] of [
    ['all is well', {}, 'healthy'],
    ['it is not deployed', { deployed: false, draft: true }, 'not deployed'],
    ['somebody holds it back', { held: true, breaker: 'open' }, 'paused'],
    ['its breaker is open', { breaker: 'open', draft: true }, 'failing'],
    ['its breaker tries again', { breaker: 'half-open' }, 'failing'],
    ['one call in five fails', { failed: 2 }, 'failing'],
    ['few calls say nothing yet', { total: 4, failed: 3 }, 'healthy'],
    ['no call has succeeded', { total: 1, failed: 1 }, 'failing'],
    ['it is a draft', { draft: true }, 'draft'],
    ['it says nothing for a day', { lastIn: now - 25 * 3_600_000 }, 'silent'],
    ['it only answers, and did', { speaks: false, lastIn: undefined }, 'healthy'],
    ['nobody has called it for a day', { speaks: false, lastIn: undefined, lastOut: 0 }, 'silent'],
  ] as [string, Partial<Record<keyof HealthFacts, unknown>>, string][])
    it(`is "${word}" when ${title}`, () => assert.equal(wordOf({ ...well, ...facts } as HealthFacts), word))
})
