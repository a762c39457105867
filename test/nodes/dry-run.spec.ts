import assert from 'node:assert/strict'
import { cloudEvent } from '../../engine/canonical/index.ts'
import type { ReplayFrom } from '../../engine/delivery/dead-letters/desk.ts'
import type { RehearsedRun } from '../../engine/delivery/rehearsal/notes.ts'
import { shipmentIdOf } from '../../engine/lifecycle/shipment.ts'
import { event, order } from '../support/canonical.ts'
import { eventually } from '../support/eventually.ts'
import { flowBench } from '../support/flow-bench.ts'
import { account, catchAll, fn, node, partner, source, switchNode } from '../support/flow-nodes.ts'
import type { FlowNode } from '../support/node-red.ts'
import { storeSnapshot } from '../support/store-snapshot.ts'
import { type TestPartners, testPartners } from '../support/test-partner.ts'

describe('a dry run', () => {
  let partners: TestPartners
  const bench = flowBench(async () => {
    partners = await testPartners()
    return partners.env
  })
  after(() => partners.close())
  let number = 0
  let ref = ''
  beforeEach(() => {
    number += 1
    ref = `SO-${number}`
    partners.faults()
  })

  const DEAD = { category: 'refused', code: 'no', reason: 'no', reasonType: 'str' }
  const bury = node('bury', 'dead-letter', [[]], DEAD)
  const booking = (fields: Record<string, unknown> = {}, to = [['bury'], [], []]) =>
    node('book', 'provider-connector', to, {
      partner: account('test-courier'),
      operation: 'book',
      input: 'payload',
      inputType: 'msg',
      subject: 'payload.ref',
      onUnreachable: 'retry',
      ...fields,
    })
  const posting = (to: string[] = []) =>
    node('post', 'erp-poster', [to, []], {
      partner: account('test-erp'),
      operation: 'postGoodsIssue',
      input: 'payload',
      inputType: 'msg',
      subject: 'payload.ref',
      window: '',
      perSecond: '',
    })
  const deploy = (...nodes: FlowNode[]) => bench.deploy(partner('test-courier'), partner('test-erp'), bury, ...nodes)

  /** A message that died in the flow that is deployed. */
  async function dead(payload: unknown, key?: string): Promise<string> {
    const id = await bench.publish(payload, key === undefined ? {} : { key })
    await bench.deadLetterOf(id)
    return id
  }
  /** Runs it dry, and makes sure that neither the store nor a partner noticed. */
  async function run(id: string, from: ReplayFrom = 'step', subscription = 'work'): Promise<RehearsedRun[]> {
    await bench.settled()
    const before = storeSnapshot(bench.hub.dataDir)
    const asked = partners.seen.length
    const runs = await bench.runtime.rehearse((desk) => desk.replay(subscription, id, 'anna', { from, useEdit: true }))
    assert.deepEqual(storeSnapshot(bench.hub.dataDir), before)
    assert.equal(partners.seen.length, asked)
    return runs
  }
  const notes = ([first]: RehearsedRun[]): Record<string, unknown>[] =>
    first!.notes.map(({ node: { id }, action, details }) => ({ id, action, ...details }))

  it('says which effect would be asked for, with its key, and ends there', async () => {
    await deploy(source('bury'))
    const id = await dead({ ref })
    await deploy(source('book'), booking({}, [['post'], [], []]), posting())
    const runs = await run(id)
    const [ask, ...more] = notes(runs)
    assert.deepEqual(more, [])
    assert.match(String(ask?.key), /^[a-z2-7]{26}$/)
    const said = { id: 'book', action: 'ask', partner: 'test-courier', operation: 'book', subject: ref }
    assert.deepEqual({ ...ask, key: '' }, { ...said, known: 'never-asked', key: '' })
    assert.equal(runs[0]?.outcome, 'undecided')
  })

  it('goes on with an answer that was kept, to the next effect', async () => {
    await deploy(source('book'), booking())
    const id = await dead({ ref })
    assert.equal(partners.effects(ref), 1)
    await deploy(source('book'), booking({}, [['post'], [], []]), posting())
    const asked = notes(await run(id)).map((note) => [note.id, note.known])
    assert.deepEqual(asked, [
      ['book', 'answered'],
      ['post', 'never-asked'],
    ])
  })

  it('says what was refused, and what is in doubt', async () => {
    partners.faults('refuse')
    await deploy(source('book'), booking())
    const refused = await dead({ ref })
    partners.faults('commit then drop')
    await deploy(source('book'), booking({ operation: 'bookBlindly' }))
    const doubtful = await dead({ ref: `${ref}-b` })
    assert.equal(notes(await run(doubtful))[0]?.known, 'in-doubt')
    await deploy(source('book'), booking())
    assert.equal(notes(await run(refused))[0]?.known, 'refused')
  })

  it('asks no partner even what would change nothing', async () => {
    await deploy(source('bury'))
    const id = await dead({ ref })
    await deploy(source('book'), booking({ operation: 'findBooking' }))
    assert.deepEqual(notes(await run(id)), [
      { id: 'book', action: 'read', partner: 'test-courier', operation: 'findBooking' },
    ])
  })

  it('follows what would be published through the flows behind', async () => {
    await deploy(source('bury'))
    const id = await dead({ ref })
    const out = node('out', 'event-out', [], { channel: 'next', channelType: 'str', key: '', keyType: 'auto' })
    const next = node('next', 'event-in', [['post']], { channel: 'next', subscription: 'next' })
    await deploy(source('out'), out, next, posting())
    await eventually(() => bench.counts('next'))
    const runs = await run(id)
    assert.deepEqual(
      runs.map(({ subscription, notes: [note] }) => [subscription, note?.action]),
      [
        ['work', 'publish'],
        ['next', 'ask'],
      ],
    )
  })

  it('applies an order and an event to a copy of the shipment, and goes on with it', async () => {
    await deploy(source('bury'))
    const made = order(ref)
    const id = await dead(made, ref)
    const life = (name: string, action: string, to: string) =>
      node(name, 'shipment-lifecycle', [[to], [to], [to]], { action, reference: '', referenceType: 'auto' })
    const told = cloudEvent({
      data: event('pickup.completed', 5, { eventId: `e-${ref}`, shipmentRef: { type: 'order', value: ref } }),
      correlationId: 'c',
    })
    await deploy(
      source('create'),
      life('create', 'create', 'told'),
      fn('told', `msg.payload = ${JSON.stringify(told)}; return msg`, [['guard']]),
      node('guard', 'idempotency-guard', [['apply'], []], { key: '', keyType: 'auto', ttlDays: 1, scope: 's' }),
      life('apply', 'apply', 'timer'),
      node('timer', 'sla-timer', [[], []], {
        timer: 't',
        action: 'start',
        key: '',
        keyType: 'auto',
        minutes: '5',
        minutesType: 'num',
        warnAt: 80,
      }),
    )
    await eventually(() => bench.counts('sla.t'))
    const said = notes(await run(id))
    assert.deepEqual(
      said.filter((note) => note.kind === 'shipment').map((note) => note.status),
      ['shipment.created', 'pickup.completed'],
    )
    assert.ok(said.some(({ action }) => action === 'claim'))
    assert.equal(said.filter(({ action }) => action === 'timer').length, 2)
    assert.equal(await bench.runtime.lifecycle.get(shipmentIdOf(ref)), undefined)
  })

  it("from the raw message follows today's mapping to the step that failed, with what it makes now", async () => {
    const event = (said: string) =>
      `msg.payload = { specversion: '1.0', id: '${ref}', data: { ref: msg.payload.ref, said: '${said}' } }; return msg`
    const out = node('out', 'event-out', [], { channel: 'events', channelType: 'str', key: '', keyType: 'auto' })
    const next = (to: string) => node('next', 'event-in', [[to]], { channel: 'events', subscription: 'events' })
    await deploy(source('map'), fn('map', event('wrong'), [['out']]), out, next('bury'))
    await bench.publish({ ref })
    const letter = await eventually(async () => (await bench.deadLetters('events'))[0])
    const post = { ...posting(), input: 'payload.data', subject: 'payload.data.said' }
    await deploy(source('map'), fn('map', event('right'), [['out']]), out, next('post'), post)
    const runs = await run(letter.message.id, 'raw', 'events')
    assert.deepEqual(
      runs.map(({ subscription, notes: [note] }) => [subscription, note?.action, note?.details.known]),
      [
        ['work', 'publish', 'conflict'],
        ['events', 'ask', 'never-asked'],
      ],
    )
    assert.equal(runs[1]?.notes[0]?.details.subject, 'right')
  })

  it('takes a kept correction', async () => {
    await deploy(source('book'), booking({ subject: '$string(payload.ref)' }, [['bury'], [], []]))
    const id = await dead({ ref })
    await bench.runtime.deadLetters.edit('work', id, { ref: `${ref}-corrected` }, 'anna')
    assert.equal(notes(await run(id))[0]?.subject, `${ref}-corrected`)
  })

  it('stops before a node that might do something in earnest', async () => {
    await deploy(source('bury'))
    const id = await dead({ ref })
    const request = node('call', 'http request', [[]], { method: 'POST', ret: 'txt', url: partners.url })
    const filter = node('filter', 'rbe', [['bury']], { func: 'rbe', property: 'payload' })
    await deploy(
      { ...source('sort'), wires: [['sort', 'filter']] },
      switchNode('sort', [['call']], [{ t: 'nnull' }]),
      { ...request },
      filter,
    )
    const runs = await run(id)
    const stops = notes(runs).filter(({ action }) => action === 'stop')
    // The switch looks at payload.value, which is not there: only the filter is reached.
    assert.deepEqual(
      stops.map(({ id: at }) => at),
      ['filter'],
    )
    await deploy(source('call'), request)
    assert.deepEqual(
      notes(await run(id)).map(({ id: at, action }) => [at, action]),
      [['call', 'stop']],
    )
  })

  it('says how it would end: given up by the flow, or failed and where', async () => {
    await deploy(source('bury'))
    const id = await dead({ ref })
    const [buried] = await run(id)
    assert.deepEqual([buried?.outcome, buried?.failure?.code], ['buried', 'no'])
    assert.deepEqual(
      buried?.notes.map(({ action }) => action),
      ['bury'],
    )
    await deploy(source('f'), fn('f', 'throw new Error("still broken")'))
    const [failed] = await run(id)
    assert.equal(failed?.outcome, 'failed')
    assert.match(failed?.failure?.message ?? '', /still broken/)
    assert.deepEqual([failed?.failure?.nodeId, failed?.failure?.flowName], ['f', 'under test'])
    await deploy(source('f'), fn('f', 'throw new Error("caught")'), catchAll('bury'))
    assert.equal((await run(id))[0]?.outcome, 'buried')
  })

  it('leaves what goes on by itself behind: nothing of it acts once it is over', async () => {
    await deploy(source('bury'))
    const id = await dead({ ref })
    const send = 'node.send({ payload: msg.payload, _msgid: msg._msgid }); node.status({ text: "sent" })'
    await deploy(source('late'), fn('late', `setTimeout(() => { ${send} }, 20); return null`, [['book']]), booking())
    const [first] = await run(id)
    assert.deepEqual(first?.notes, [])
    await eventually(() => bench.status('late')?.text === 'sent')
    await bench.publish({ ref: `${ref}-x` })
    await bench.settled()
    assert.equal(partners.effects(ref), 0)
  })

  it('is refused where no flow takes the subscription', async () => {
    await deploy(source('bury'))
    const id = await dead({ ref })
    await bench.deploy()
    await assert.rejects(run(id), { code: 'dry-run.not-deployed' })
  })
})
