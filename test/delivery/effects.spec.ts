import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type EffectRequest, Effects } from '../../engine/delivery/effects.ts'
import { CartageError } from '../../engine/errors.ts'
import type { PartnerClient } from '../../engine/partner/client.ts'
import type { Operation } from '../../engine/partner/profile.ts'
import { openStore } from '../../engine/store/open.ts'
import type { Store } from '../../engine/store/ports.ts'
import { SettableClock } from '../support/clock.ts'
import { clientOf, profileOf } from '../support/partner-client.ts'
import { json, reset, type ScriptedServer, type Step, scriptedServer } from '../support/scripted-server.ts'
import { temporaryFolder } from '../support/temp.ts'

const STEPS = ['effect.before-intent', 'effect.after-intent', 'effect.after-send', 'effect.after-answer']

const OPERATIONS: Record<string, Operation> = {
  book: {
    method: 'POST',
    path: '/deliveries',
    body: 'json',
    key: { header: 'Idempotency-Key' },
    lookup: { operation: 'find', found: 'id' },
  },
  find: { method: 'GET', path: '/deliveries/{input.ref}' },
}

describe('Effects', () => {
  let server: ScriptedServer
  let store: Store
  let client: PartnerClient
  let folder: ReturnType<typeof temporaryFolder>
  const clock = new SettableClock()
  /** The partner's own book: reference → bookings made under it. What counts is this, not what we believe. */
  let ledger: Map<string, string[]>

  /** A partner without idempotency of its own: every post that reaches it makes another booking. */
  const partner: Step = (request, response) => {
    if (request.method === 'POST') {
      const { ref } = JSON.parse(request.body) as { ref: string }
      const made = [...(ledger.get(ref) ?? []), `D-${ref}-${(ledger.get(ref)?.length ?? 0) + 1}`]
      ledger.set(ref, made)
      return json(201, { id: made.at(-1)! })(request, response)
    }
    const found = ledger.get(decodeURIComponent(request.path.split('/').at(-1)!))
    return json(found ? 200 : 404, found ? { id: found[0]! } : {})(request, response)
  }
  /** The partner books, and the connection breaks before it can say so. */
  const commitThenReset: Step = (request, response) => {
    const { ref } = JSON.parse(request.body) as { ref: string }
    ledger.set(ref, [...(ledger.get(ref) ?? []), `D-${ref}-1`])
    return reset(request, response)
  }

  const requestFor = (ref: string, change: Partial<EffectRequest> = {}): EffectRequest => ({
    id: `effect-${ref}`,
    partner: 'fictional-courier',
    operation: 'book',
    subject: `shp_${ref}`,
    messageId: `msg-${ref}`,
    send: (key, mayBegin) => client.call('book', { ref }, { key, mayBegin }),
    withinMs: 50_000,
    lookUp: (key) => client.lookUp('book', { ref }, { key }),
    repeatable: false,
    ...change,
  })
  const effects = (crash?: (step: string) => void) =>
    new Effects({ documents: store.documents, clock, ...(crash ? { crash } : {}) })
  /** As a killed process: everything after the step never happens, and a new process comes when the lease is over. */
  const dying = (at: string) =>
    effects((step) => {
      if (step === at) throw new Error(`killed at ${step}`)
    })
  const withoutLookUp = (ref: string, change: Partial<EffectRequest> = {}): EffectRequest => {
    const { lookUp: _lookUp, ...rest } = requestFor(ref, change)
    return rest
  }

  beforeEach(async () => {
    folder = temporaryFolder()
    store = await openStore(`sqlite:${join(folder.path, 'cartage.db')}`, { clock })
    server = await scriptedServer()
    server.script(partner)
    ledger = new Map()
    client = clientOf({ profile: profileOf(OPERATIONS), baseUrl: server.url, clock })
  })
  afterEach(async () => {
    await client.close()
    await server.close()
    await store.close()
    folder.remove()
  })

  it('happens once, and is answered from the record ever after, in this process and the next', async () => {
    const first = await effects().perform(requestFor('SO-1'))
    assert.deepEqual(first, { outcome: 'answered', status: 201, body: { id: 'D-SO-1-1' }, repeated: false })
    const again = await effects().perform(requestFor('SO-1'))
    assert.deepEqual(again, { ...first, repeated: true })
    assert.equal(server.seen.length, 1)
    assert.equal(server.seen[0]?.headers['idempotency-key'], 'effect-SO-1')
    const [kept] = await store.documents.find('effect', 'shp_SO-1', 'subject')
    assert.equal(kept?.body.state, 'answered')
  })

  for (const step of STEPS) {
    it(`killed at ${step}, then performed again: exactly one booking, and its answer`, async () => {
      await assert.rejects(dying(step).perform(requestFor('SO-2')), /killed/)
      clock.advance(60_000)
      const answer = await effects().perform(requestFor('SO-2'))
      assert.equal('body' in answer && (answer.body as { id: string }).id, 'D-SO-2-1')
      assert.deepEqual(ledger.get('SO-2'), ['D-SO-2-1'])
    })
  }

  it('killed again and again at every step, it still happens once', async () => {
    for (const first of STEPS) {
      for (const second of STEPS) {
        const ref = `${first}-${second}`
        for (const step of [first, second]) {
          await dying(step)
            .perform(requestFor(ref))
            .catch(() => undefined)
          clock.advance(60_000)
        }
        await effects().perform(requestFor(ref))
        assert.equal(ledger.get(ref)?.length, 1, ref)
      }
    }
  })

  it('that was withdrawn is never sent, until that is taken back', async () => {
    const { send: _send, ...name } = requestFor('SO-W')
    assert.equal(await effects().withdraw(name), 'never')
    assert.equal(await effects().withdraw(name), 'never')
    const late = await effects().perform(requestFor('SO-W'))
    assert.deepEqual([late.outcome, late.repeated, server.seen.length], ['refused', true, 0])
    await effects().reinstate(name.id)
    assert.equal((await effects().perform(requestFor('SO-W'))).outcome, 'answered')
    assert.equal(await effects().withdraw(name), 'done')
    await effects().reinstate(name.id)
    assert.equal((await effects().perform(requestFor('SO-W'))).repeated, true)
    assert.deepEqual(ledger.get('SO-W'), ['D-SO-W-1'])
  })

  it('that may have happened is not withdrawn: it is asked for first', async () => {
    server.script(commitThenReset, partner)
    await assert.rejects(effects().perform(requestFor('SO-D')), { effect: 'unknown' })
    assert.equal(await effects().withdraw(requestFor('SO-D')), 'in-doubt')
    assert.equal((await effects().perform(requestFor('SO-D'))).outcome, 'answered')
    assert.equal(await effects().withdraw(requestFor('SO-D')), 'done')
    assert.equal(ledger.get('SO-D')?.length, 1)
  })

  it('is either sent or withdrawn when both are wanted at once', async () => {
    for (const n of [1, 2, 3, 4, 5]) {
      const ref = `SO-R${n}`
      const performed = effects()
        .perform(requestFor(ref))
        .catch(() => undefined)
      const [withdrawal] = await Promise.all([effects().withdraw(requestFor(ref)), performed])
      const made = ledger.get(ref)?.length ?? 0
      assert.ok(withdrawal === 'never' ? made === 0 : made === 1, `${withdrawal} and ${made} bookings`)
    }
  })

  it('asks before it repeats when the partner did it and the connection broke', async () => {
    server.script(commitThenReset, partner)
    const one = effects()
    await assert.rejects(one.perform(requestFor('SO-3')), { category: 'transient', effect: 'unknown' })
    const answer = await one.perform(requestFor('SO-3'))
    assert.deepEqual(answer, { outcome: 'answered', status: 200, body: { id: 'D-SO-3-1' }, repeated: true })
    assert.deepEqual(
      server.seen.map(({ method }) => method),
      ['POST', 'GET'],
    )
    assert.equal(ledger.get('SO-3')?.length, 1)
  })

  it('another process need not wait for the lease of a failure that was written down', async () => {
    server.script(commitThenReset, partner)
    await assert.rejects(effects().perform(requestFor('SO-4')))
    assert.equal((await effects().perform(requestFor('SO-4'))).repeated, true)
    assert.equal(ledger.get('SO-4')?.length, 1)
  })

  it('sends again with the same key when the look-up finds nothing', async () => {
    server.script(reset, partner)
    const one = effects()
    await assert.rejects(one.perform(requestFor('SO-5')))
    assert.equal((await one.perform(requestFor('SO-5'))).repeated, false)
    const keys = server.seen.filter(({ method }) => method === 'POST').map(({ headers }) => headers['idempotency-key'])
    assert.deepEqual(keys, ['effect-SO-5', 'effect-SO-5'])
    assert.equal(ledger.get('SO-5')?.length, 1)
  })

  it('does not send while the look-up itself fails', async () => {
    server.script(commitThenReset, json(500, {}), json(500, {}), partner)
    const one = effects()
    for (let n = 0; n < 3; n += 1) await assert.rejects(one.perform(requestFor('SO-6')), { category: 'transient' })
    assert.equal((await one.perform(requestFor('SO-6'))).repeated, true)
    assert.equal(ledger.get('SO-6')?.length, 1)
  })

  it('refuses when neither asking nor repeating is safe, until a person says what happened', async () => {
    server.script(commitThenReset, partner)
    const one = effects()
    await assert.rejects(one.perform(withoutLookUp('SO-7')), { category: 'transient' })
    for (let n = 0; n < 2; n += 1) {
      await assert.rejects(one.perform(withoutLookUp('SO-7')), { code: 'effect.unknown-outcome', category: 'refused' })
    }
    assert.equal(server.seen.length, 1)
    await one.resolve('effect-SO-7', { outcome: 'answered', status: 201, body: { id: 'D-SO-7-1' } })
    assert.equal((await one.perform(withoutLookUp('SO-7'))).repeated, true)
    assert.equal(server.seen.length, 1)
    await assert.rejects(one.resolve('effect-SO-7', 'never-happened'), { code: 'effect.not-open' })
  })

  it('sends again after a person found that it never happened', async () => {
    server.script(reset, partner)
    const one = effects()
    await assert.rejects(one.perform(withoutLookUp('SO-8')))
    await one.resolve('effect-SO-8', 'never-happened')
    assert.equal((await one.perform(withoutLookUp('SO-8'))).repeated, false)
    assert.equal(ledger.get('SO-8')?.length, 1)
  })

  it('sends a repeatable one again with its key, without asking', async () => {
    server.script(reset, partner)
    const one = effects()
    await assert.rejects(one.perform(withoutLookUp('SO-9', { repeatable: true })))
    await one.perform(withoutLookUp('SO-9', { repeatable: true }))
    assert.deepEqual(
      server.seen.map(({ method, headers }) => `${method} ${headers['idempotency-key']}`),
      ['POST effect-SO-9', 'POST effect-SO-9'],
    )
  })

  it('simply tries again after a failure in which nothing was done, however often', async () => {
    server.script(json(429, {}), json(401, {}), json(429, {}), partner)
    const one = effects()
    for (let n = 0; n < 3; n += 1) await assert.rejects(one.perform(withoutLookUp('SO-10')), { effect: 'none' })
    assert.equal((await one.perform(withoutLookUp('SO-10'))).repeated, false)
    assert.deepEqual(
      server.seen.map(({ method }) => method),
      ['POST', 'POST', 'POST', 'POST'],
    )
    assert.equal(ledger.get('SO-10')?.length, 1)
  })

  it('keeps a doubt through a failure in which nothing was done', async () => {
    server.script(commitThenReset, json(429, {}), partner)
    const one = effects()
    await assert.rejects(one.perform(withoutLookUp('SO-11', { repeatable: true })), { effect: 'unknown' })
    await assert.rejects(one.perform(withoutLookUp('SO-11', { repeatable: true })), { effect: 'none' })
    await assert.rejects(one.perform(withoutLookUp('SO-11')), { code: 'effect.unknown-outcome' })
  })

  it('sends once for many performers of one process, and of two', async () => {
    const [a, b] = [effects(), effects()]
    const results = await Promise.allSettled([a, b, a, b, a, b].map((one) => one.perform(requestFor('SO-12'))))
    const done = results.filter((result) => result.status === 'fulfilled')
    const sent = done.filter(({ value }) => !value.repeated)
    assert.equal(sent.length, 1)
    for (const result of results) {
      if (result.status === 'rejected')
        assert.deepEqual([result.reason.code, result.reason.category], ['effect.in-progress', 'transient'])
    }
    assert.equal(ledger.get('SO-12')?.length, 1)
    assert.equal((await b.perform(requestFor('SO-12'))).repeated, true)
  })

  it('keeps the answer of a slow sender whose lease was taken over', async () => {
    const slow = effects()
    const answer = await slow.perform(
      requestFor('SO-13', {
        send: async (key) => {
          const sent = await client.call('book', { ref: 'SO-13' }, { key })
          clock.advance(60_000)
          const other = await effects().perform(requestFor('SO-13'))
          assert.equal(other.repeated, true)
          return sent
        },
      }),
    )
    assert.equal('body' in answer && (answer.body as { id: string }).id, 'D-SO-13-1')
    assert.equal(ledger.get('SO-13')?.length, 1)
  })

  it('sends nothing when it stood still for so long before sending that another took over', async () => {
    for (const [ref, stillMs] of [
      ['SO-18', 60_000],
      ['SO-19', 11_000],
    ] as const) {
      const frozen = effects().perform(
        requestFor(ref, {
          send: async (key, mayBegin) => {
            clock.advance(stillMs)
            // At half time nobody has taken over, but the call could outlast the turn.
            if (stillMs >= 60_000) assert.equal((await effects().perform(requestFor(ref))).repeated, false)
            return client.call('book', { ref }, { key, mayBegin })
          },
        }),
      )
      await assert.rejects(frozen, { code: 'effect.lapsed', category: 'throttled' })
      assert.equal(ledger.get(ref)?.length ?? 0, stillMs >= 60_000 ? 1 : 0)
      await effects().perform(requestFor(ref))
      assert.equal(ledger.get(ref)?.length, 1)
    }
  })

  it('keeps a refusal for redeliveries, and tries anew when a person replays the message', async () => {
    server.script(json(422, { message: 'no such street' }), partner)
    const one = effects()
    assert.equal((await one.perform(requestFor('SO-14'))).outcome, 'refused')
    assert.deepEqual(await one.perform(requestFor('SO-14')), {
      outcome: 'refused',
      status: 422,
      messages: [{ code: 'http.422', message: 'no such street' }],
      repeated: true,
    })
    assert.equal(await one.reopen('msg-SO-14'), 1)
    assert.deepEqual(await one.perform(requestFor('SO-14')), {
      outcome: 'answered',
      status: 201,
      body: { id: 'D-SO-14-1' },
      repeated: false,
    })
    assert.equal(await one.reopen('msg-SO-14'), 0)
  })

  it("is nobody else's: one id is one operation at one partner", async () => {
    const one = effects()
    await one.perform(requestFor('SO-15'))
    await assert.rejects(one.perform(requestFor('SO-15', { operation: 'cancel' })), { code: 'effect.mismatch' })
  })

  it('treats an exception that nobody foresaw as an unknown outcome', async () => {
    const one = effects()
    const broken = withoutLookUp('SO-16', {
      send: async () => Promise.reject(new CartageError('invalid', 'mapping.result', 'no bookingId')),
    })
    await assert.rejects(one.perform(broken), { code: 'mapping.result' })
    await assert.rejects(one.perform(withoutLookUp('SO-16')), { code: 'effect.unknown-outcome' })
  })

  it('survives the store: the intent is still there after it was closed and opened', async () => {
    await assert.rejects(dying('effect.after-send').perform(requestFor('SO-17')), /killed/)
    await store.close()
    store = await openStore(`sqlite:${join(folder.path, 'cartage.db')}`, { clock })
    await assert.rejects(effects().perform(requestFor('SO-17')), { code: 'effect.in-progress', retryAfterMs: 60_000 })
    clock.advance(60_000)
    assert.equal((await effects().perform(requestFor('SO-17'))).repeated, true)
    assert.equal(ledger.get('SO-17')?.length, 1)
  })

  it('does not wait for anybody after a restart when there is only one process', async () => {
    const alone = (crash: (step: string) => void) =>
      new Effects({ documents: store.documents, clock, alone: true, crash })
    const killed = alone((step) => {
      if (step === 'effect.after-send') throw new Error('killed')
    })
    await assert.rejects(killed.perform(requestFor('SO-18')), /killed/)
    assert.equal((await alone(() => {}).perform(requestFor('SO-18'))).repeated, true)
    assert.equal(ledger.get('SO-18')?.length, 1)
  })
})
