import assert from 'node:assert/strict'
import { EmbeddedLimiter } from '../../engine/store/embedded/limiter.ts'
import { SettableClock } from '../support/clock.ts'
import { eventually } from '../support/eventually.ts'
import { failureOf, partnerBench, profileOf } from '../support/partner-client.ts'
import { json } from '../support/scripted-server.ts'

describe('PartnerClient keeps the pace', () => {
  const server = partnerBench()
  const { booking } = server

  describe('pace', () => {
    const NOW = '2026-03-02T14:00:00Z'
    for (const [form, value] of [
      ['seconds', '120'],
      ['an HTTP date', 'Mon, 02 Mar 2026 14:02:00 GMT'],
    ]) {
      it(`waits as Retry-After in ${form} says, for everybody, and not a moment longer`, async () => {
        const clock = new SettableClock(NOW)
        server.script(json(429, {}, { 'retry-after': value! }), json(200, {}))
        const book = booking({}, {}, { clock })
        const failure = await failureOf(book())
        assert.deepEqual(
          [failure.code, failure.category, failure.retryAfterMs, failure.effect],
          ['partner.throttled', 'throttled', 120_000, 'none'],
        )
        clock.advance(119_000)
        const held = await failureOf(book())
        assert.deepEqual([held.code, held.retryAfterMs], ['partner.pace', 1000])
        assert.equal(server.seen.length, 1)
        clock.advance(1000)
        assert.equal((await book()).outcome, 'answered')
      })
    }

    it('does not believe an unusable Retry-After, nor one of ten years', async () => {
      const clock = new SettableClock(NOW)
      server.script(
        json(429, {}, { 'retry-after': '-5' }),
        json(429, {}, { 'retry-after': 'soon' }),
        json(429, {}, { 'retry-after': '315360000' }),
      )
      const book = booking({}, {}, { clock })
      assert.equal((await failureOf(book())).retryAfterMs, undefined)
      assert.equal((await failureOf(book())).retryAfterMs, undefined)
      assert.equal((await failureOf(book())).retryAfterMs, 86_400_000)
    })

    it('reads a throttling that comes with status 200', async () => {
      server.script(json(200, { errors: [{ code: 30, time_remaining: '16 seconds' }] }))
      const throttled =
        'body.errors[code = 30] ? $number($substringBefore(body.errors[0].time_remaining, " ")) * 1000 : false'
      const failure = await failureOf(booking({ throttled })())
      assert.deepEqual([failure.category, failure.retryAfterMs], ['throttled', 16_000])
    })

    it('503 with Retry-After waits too, but does not swear that nothing happened', async () => {
      server.script(json(503, {}, { 'retry-after': '3' }))
      const failure = await failureOf(booking()())
      assert.deepEqual([failure.category, failure.retryAfterMs, failure.effect], ['throttled', 3000, 'unknown'])
    })

    it('spends no more than the partner allows', async () => {
      const clock = new SettableClock(NOW)
      server.script(json(200, {}))
      const limits = { requestsPerSecond: 0.1, burst: 2, timeoutMs: 2000, maxResponseBytes: 1000 }
      const book = booking({}, { limits }, { clock })
      await book()
      await book()
      assert.deepEqual((await failureOf(book())).retryAfterMs, 10_000)
      clock.advance(10_000)
      await book()
      assert.equal(server.seen.length, 3)
    })

    it('is shared by all who call for an account, and by nobody else', async () => {
      const clock = new SettableClock(NOW)
      const limiter = new EmbeddedLimiter(clock)
      server.script(json(200, {}))
      const limits = { requestsPerSecond: 0.1, burst: 2, timeoutMs: 2000, maxResponseBytes: 1000 }
      const [one, another] = [booking({}, { limits }, { clock, limiter }), booking({}, { limits }, { clock, limiter })]
      await one()
      await another()
      assert.equal((await failureOf(one())).code, 'partner.pace')
      const ofSomebodyElse = booking({}, { id: 'second-account', limits }, { clock, limiter })
      assert.equal((await ofSomebodyElse()).outcome, 'answered')
    })

    it('counts what is asked again at once, too', async () => {
      const clock = new SettableClock(NOW)
      server.script(json(502, {}))
      const limits = { requestsPerSecond: 0.1, burst: 2, timeoutMs: 2000, maxResponseBytes: 1000 }
      const read = { method: 'GET' as const, path: '/' }
      const failure = await failureOf(server.client(profileOf({ read }, { limits }), { clock }).call('read', {}))
      assert.deepEqual([failure.code, failure.retryAfterMs, server.seen.length], ['partner.pace', 10_000, 2])
    })

    it('of a partner that does not answer keeps nobody else waiting', async () => {
      server.script((request, response) => (request.path === '/slow' ? undefined : json(200, {})(request, response)))
      const limits = { requestsPerSecond: 1000, concurrency: 1, timeoutMs: 300, maxResponseBytes: 1000 }
      const slow = booking({ path: '/slow' }, { limits })
      const stuck = Promise.allSettled([slow(), slow()])
      assert.equal((await booking({}, { id: 'another', limits })()).outcome, 'answered')
      assert.ok((await stuck).every(({ status }) => status === 'rejected'))
    })

    it('never has more calls under way than the bulkhead has places', async () => {
      let open = 0
      let most = 0
      server.script(async (_request, response) => {
        most = Math.max(most, ++open)
        await new Promise(setImmediate)
        open -= 1
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
      })
      const limits = { requestsPerSecond: 1000, concurrency: 3, timeoutMs: 5000, maxResponseBytes: 1000 }
      const book = booking({}, { limits })
      const results = await Promise.allSettled(Array.from({ length: 60 }, () => book()))
      const busy = results.filter((result) => result.status === 'rejected')
      assert.ok(most <= 3, `${most} at once`)
      // 3 run, 30 wait, and what is beyond is told to come back.
      assert.equal(busy.length, 27)
      for (const { reason } of busy as PromiseRejectedResult[]) assert.equal(reason.code, 'partner.busy')
    })
  })

  describe('breaker', () => {
    const clock = new SettableClock()
    const setup = () =>
      booking({}, { breaker: { openAfter: 3, openMs: 60_000 } }, { clock, limiter: new EmbeddedLimiter(clock) })

    it('opens after failures in a row, asks nobody while open, and closes by one trial', async () => {
      server.script(json(500, {}))
      const book = setup()
      for (let n = 0; n < 3; n += 1) await failureOf(book())
      const held = await failureOf(book())
      assert.deepEqual([held.code, held.category, held.effect], ['partner.breaker-open', 'outage', 'none'])
      assert.equal(server.seen.length, 3)
      clock.advance(60_000)
      server.script(json(200, {}))
      assert.equal((await book()).outcome, 'answered')
      assert.equal((await book()).outcome, 'answered')
    })

    it('lets one caller try when its time is over, and holds the others back until that one has an answer', async () => {
      const go = Promise.withResolvers<void>()
      server.script(json(500, {}))
      const book = setup()
      for (let n = 0; n < 3; n += 1) await failureOf(book())
      clock.advance(60_000)
      server.script(async (request, response) => {
        await go.promise
        json(200, {})(request, response)
      })
      const results: string[] = []
      const note = (result: string) => void results.push(result)
      const calls = Array.from({ length: 6 }, () =>
        book().then(
          ({ outcome }) => note(outcome),
          ({ code }) => note(code),
        ),
      )
      await eventually(() => results.length === 5 && server.seen.length === 4)
      assert.deepEqual(results, Array(5).fill('partner.breaker-open'))
      go.resolve()
      await Promise.all(calls)
      assert.deepEqual([results[5], (await book()).outcome], ['answered', 'answered'])
    })

    it('opens again at once where the trial fails', async () => {
      server.script(json(500, {}))
      const book = setup()
      for (let n = 0; n < 3; n += 1) await failureOf(book())
      clock.advance(60_000)
      await failureOf(book())
      assert.equal((await failureOf(book())).code, 'partner.breaker-open')
      assert.equal(server.seen.length, 4)
    })

    it('stays closed for refusals, throttling and wrong credentials: the partner is alive', async () => {
      const book = setup()
      for (const step of [json(422, {}), json(429, {}), json(401, {}), json(423, {})]) {
        server.script(step)
        for (let n = 0; n < 4; n += 1) await book().catch(() => undefined)
      }
      assert.equal(server.seen.length, 16)
    })
  })
})
