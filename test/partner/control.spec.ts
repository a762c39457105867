import assert from 'node:assert/strict'
import { PartnerControl } from '../../engine/partner/control.ts'
import type { DocumentStore, MessageStore } from '../../engine/store/ports.ts'
import { eventually } from '../support/eventually.ts'
import { failureOf, partnerBench } from '../support/partner-client.ts'
import { json } from '../support/scripted-server.ts'
import { storeBench } from '../support/store-bench.ts'

const TOLD = { by: 'operator-1', reason: 'their ERP is being upgraded' }

describe('PartnerControl', () => {
  const bench = storeBench()
  let controls: PartnerControl[]
  beforeEach(() => {
    controls = []
  })
  afterEach(() => Promise.all(controls.map((control) => control.stop())))

  /** One process; several of them share the store. */
  async function worker(change: { documents?: DocumentStore; messages?: Partial<MessageStore> } = {}) {
    const { documents, messages, audit, motor } = bench.store
    const control = new PartnerControl({
      documents: change.documents ?? documents,
      messages: { ...bound(messages), ...change.messages },
      ...{ audit, motor, clock: bench.clock },
      complain: (error) => assert.fail(String(error)),
    })
    controls.push(control)
    await control.start()
    return control
  }
  const bound = (messages: MessageStore): Pick<MessageStore, 'hold' | 'heldPartners' | 'backlog' | 'counts'> => ({
    hold: (partner, held) => messages.hold(partner, held),
    heldPartners: () => messages.heldPartners(),
    backlog: (partner) => messages.backlog(partner),
    counts: () => messages.counts(),
  })
  const publish = async (id: string, partner: string) => {
    const message = { id, channel: 'work', key: id, payload: null, headers: { partner }, correlationId: id }
    await bench.store.messages.append([message])
  }
  const claim = async () =>
    (await bench.store.messages.claim('work', { limit: 10, leaseMs: 60_000 })).map(({ message }) => message.id)

  it('takes everybody for running until told otherwise', async () => {
    const control = await worker()
    assert.equal(control.mode('acme'), 'running')
    assert.deepEqual(control.all(), [])
  })

  it('paused: what comes in is kept and nothing of it is given, until it is resumed; others go on', async () => {
    const control = await worker()
    await bench.store.messages.subscribe('work', 'work')
    await control.set('acme', 'paused', TOLD)
    await publish('m-1', 'acme')
    await publish('m-2', 'other')
    assert.deepEqual(await claim(), ['m-2'])
    let woken = 0
    bench.store.motor.onWake('work', () => {
      woken += 1
    })
    await control.set('acme', 'running', { by: 'operator-2', reason: 'done' })
    await eventually(() => woken > 0)
    assert.deepEqual(await claim(), ['m-1'])
  })

  it('is followed by other workers, and known after a restart', async () => {
    const [one, other] = [await worker(), await worker()]
    await one.set('acme', 'paused', TOLD)
    await eventually(() => other.mode('acme') === 'paused')
    assert.equal((await worker()).mode('acme'), 'paused')
    await other.set('acme', 'draining', TOLD)
    await eventually(() => one.mode('acme') === 'draining')
    assert.deepEqual(await bench.store.messages.heldPartners(), [])
  })

  it('audits who changed what and why, once', async () => {
    const control = await worker()
    await control.set('acme', 'paused', TOLD)
    await control.set('acme', 'paused', { by: 'operator-2', reason: 'again' })
    assert.deepEqual(control.state('acme'), { partner: 'acme', mode: 'paused', ...TOLD, since: bench.clock.now() })
    await control.set('acme', 'running', { by: 'operator-2', reason: 'done' })
    const entries = await bench.store.audit.page({ limit: 10 })
    assert.deepEqual(
      entries.map(({ actor, action, subject, details }) => [actor, action, subject, details]),
      [
        ['operator-1', 'partner.paused', 'acme', { reason: TOLD.reason }],
        ['operator-2', 'partner.running', 'acme', { reason: 'done' }],
      ],
    )
  })

  it('knows when nothing is left of a partner that is drained', async () => {
    const control = await worker()
    await bench.store.messages.subscribe('work', 'work')
    await publish('m-1', 'acme')
    await control.set('acme', 'draining', TOLD)
    assert.deepEqual(await bench.store.messages.backlog('acme'), { waiting: 1, leased: 0 })
    const [delivery] = await bench.store.messages.claim('work', { limit: 1, leaseMs: 1000 })
    await bench.store.messages.settle(delivery!)
    bench.clock.advance(60_000)
    bench.store.motor.wake('partner-control')
    await eventually(() => control.state('acme').drainedAt === bench.clock.now())
    await control.set('acme', 'running', TOLD)
    assert.equal(control.state('acme').drainedAt, undefined)
  })

  it('holds what a crash left unheld right after the decision was written', async () => {
    const dying = await worker({
      messages: { hold: () => Promise.reject(new Error('killed')) },
    })
    await assert.rejects(dying.set('acme', 'paused', TOLD))
    await dying.stop()
    assert.deepEqual(await bench.store.messages.heldPartners(), [])
    await worker()
    assert.deepEqual(await bench.store.messages.heldPartners(), ['acme'])
  })

  it('two operators at once: the state is that of one of them, and each is audited', async () => {
    const [one, other] = [await worker(), await worker()]
    await Promise.all([one.set('acme', 'paused', TOLD), other.set('acme', 'draining', TOLD)])
    await eventually(async () => {
      assert.equal(one.mode('acme'), other.mode('acme'))
      const held = await bench.store.messages.heldPartners()
      assert.deepEqual(held, one.mode('acme') === 'paused' ? ['acme'] : [])
      return true
    }, 10_000)
    const actions = (await bench.store.audit.page({ limit: 10 })).map(({ action }) => action)
    assert.ok(actions.includes('partner.paused') && actions.includes('partner.draining'))
  })
})

describe('PartnerClient of a paused partner', () => {
  const server = partnerBench()

  it('sends nothing, swears that nothing happened, and goes on when it is resumed', async () => {
    server.script(json(200, {}))
    let paused = true
    const book = server.booking({}, {}, { paused: () => paused })
    const failure = await failureOf(book())
    assert.deepEqual(
      [failure.category, failure.code, failure.effect, failure.retryAfterMs],
      ['throttled', 'partner.paused', 'none', 30_000],
    )
    assert.equal(server.seen.length, 0)
    paused = false
    assert.equal((await book()).outcome, 'answered')
  })

  it('uses up no token and no trial of the breaker', async () => {
    server.script(json(200, {}))
    let paused = true
    const limits = { requestsPerSecond: 0.001, burst: 1, timeoutMs: 2000, maxResponseBytes: 1000 }
    const book = server.booking({}, { limits }, { paused: () => paused })
    for (let n = 0; n < 5; n += 1) await failureOf(book())
    paused = false
    assert.equal((await book()).outcome, 'answered')
  })
})
