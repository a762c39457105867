import assert from 'node:assert/strict'
import { deriveId } from '../../engine/delivery/ids.ts'
import { validate } from '../../engine/canonical/index.ts'
import type { JsonObject } from '../../engine/json.ts'
import { event, order } from '../support/canonical.ts'
import { eventually } from '../support/eventually.ts'
import { flowBench } from '../support/flow-bench.ts'
import { fn, node, partner, probe, source } from '../support/flow-nodes.ts'
import { type Fault, type TestPartners, testPartners } from '../support/test-partner.ts'

/** A courier that has the shipment, says no, or is away: who is asked next, and what the partners' own books say then. */
describe('passing on to the next courier', () => {
  let partners: TestPartners
  const bench = flowBench(async () => {
    partners = await testPartners()
    return partners.env
  })
  after(() => partners.close())
  let number = 0
  beforeEach(() => {
    number += 1
    partners.faults()
  })

  const candidates = [{ partner: 'test-courier', perDay: 1000 }, { partner: 'test-second' }, { partner: 'test-third' }]
  const rows = [{ name: 'all', when: {}, candidates, strategy: 'preference' }]
  /** As order release is wired: refused and unreachable go back to the selector. */
  const flow = (settings: Record<string, unknown> = {}, operation = 'book') => [
    ...['test-courier', 'test-second', 'test-third'].map((slug) => partner(slug)),
    source('set'),
    fn('set', 'msg.shipment = msg.payload.shipment; return msg', [['select']]),
    node('select', 'provider-selector', [['book'], ['none']], {
      ...{ version: 2, table: { rows }, calendar: '', tries: 3 },
      ...settings,
    }),
    node('book', 'provider-connector', [['note'], ['select'], ['select']], {
      ...{ partner: '', operation, input: 'shipment', inputType: 'msg', subject: '', onUnreachable: 'output' },
    }),
    node('note', 'shipment-lifecycle', [['booked'], [], []], {
      action: 'booking',
      reference: '',
      referenceType: 'auto',
    }),
    probe('booked'),
    probe('none'),
  ]
  const ref = () => `SO-F${number}`
  const release = async (...faults: Fault[]) => {
    const { shipment } = await bench.runtime.lifecycle.create(order(ref()), { correlationId: 'c' })
    partners.faults(...faults)
    await bench.publish({ shipment })
    return shipment.shipmentId
  }
  const stored = async (id: string) => (await bench.runtime.lifecycle.get(id))!

  it('books with the first, once, when it says yes', async () => {
    await bench.deploy(...flow())
    const id = await release()
    assert.equal((await bench.arrived('booked')).provider, 'test-courier')
    const { booking, selection, formerSelections } = await stored(id)
    assert.deepEqual([booking?.partner, selection?.row, formerSelections], ['test-courier', 'all', undefined])
  })

  it('asks the next when one refuses, and keeps who said what', async () => {
    await bench.deploy(...flow())
    const id = await release('refuse', 'refuse')
    assert.equal((await bench.arrived('booked')).provider, 'test-third')
    const shipment = await stored(id)
    assert.equal(shipment.booking?.partner, 'test-third')
    assert.deepEqual(
      [...(shipment.formerSelections ?? []), shipment.selection!].map((one) => [one.partner, one.instead?.partner]),
      [
        ['test-courier', undefined],
        ['test-second', 'test-courier'],
        ['test-third', 'test-second'],
      ],
    )
    assert.match(shipment.selection?.instead?.why ?? '', /the period is closed/)
    assert.deepEqual(validate('shipment', shipment), [])
    assert.equal(partners.effects(ref()), 1)
  })

  it('asks no more than it is told to, and says who was asked', async () => {
    await bench.deploy(...flow({ tries: 2 }))
    const id = await release('refuse', 'refuse')
    const { failure } = await bench.arrived('none')
    assert.deepEqual([failure.category, failure.code], ['refused', 'selection.exhausted'])
    const { selection } = await stored(id)
    assert.deepEqual([selection?.partner, selection?.instead?.partner], [undefined, 'test-second'])
    assert.equal(partners.effects(ref()), 0)
  })

  it('waits for one that only asks to wait', async () => {
    await bench.deploy(...flow())
    await release('throttle')
    assert.equal((await bench.arrived('booked')).provider, 'test-courier')
  })

  it('asks the next when one certainly has done nothing, and closes what it was asked', async () => {
    await bench.deploy(...flow())
    await bench.runtime.control.set('test-courier', 'paused', { by: 'test', reason: 'test' })
    const { shipment } = await bench.runtime.lifecycle.create(order(ref()), { correlationId: 'c' })
    const id = shipment.shipmentId
    // chosen before it was paused
    const chosen = { partner: 'test-courier', explanation: [], chosenAt: new Date().toISOString() }
    await bench.runtime.lifecycle.recordSelection(id, chosen)
    await bench.publish({ shipment: await stored(id) })
    assert.equal((await bench.arrived('booked')).provider, 'test-second')
    await bench.runtime.control.set('test-courier', 'running', { by: 'test', reason: 'test' })
    const effect = await bench.runtime.hub.store.documents.get('effect', deriveId('effect', 'test-courier', 'book', id))
    assert.deepEqual(
      [effect?.body['state'], (effect?.body['answer'] as JsonObject | undefined)?.['outcome']],
      ['answered', 'refused'],
    )
    assert.equal(partners.effects(ref()), 1)
  })

  for (const fault of ['commit then drop', 'commit then hang'] as const)
    it(`finds the booking of one that may have it (${fault}) and asks nobody else`, async () => {
      await bench.deploy(...flow())
      const id = await release(fault)
      assert.equal((await bench.arrived('booked')).provider, 'test-courier')
      await bench.settled()
      assert.deepEqual([(await stored(id)).booking?.partner, partners.effects(ref())], ['test-courier', 1])
    })

  it('asks one whose outcome is unknown before anybody else, and passes on when it has nothing', async () => {
    await bench.deploy(...flow())
    const id = await release('drop', 'refuse')
    assert.equal((await bench.arrived('booked')).provider, 'test-second')
    assert.deepEqual([(await stored(id)).booking?.partner, partners.effects(ref())], ['test-second', 1])
  })

  it('never passes on from one that cannot be asked what became of it', async () => {
    await bench.deploy(...flow({}, 'bookBlindly'))
    const id = await release('commit then drop')
    await bench.deadLetters('work')
    const letter = await bench.deadLetterOf(`message-${number}`)
    assert.equal(letter.failure.code, 'effect.unknown-outcome')
    assert.deepEqual([(await stored(id)).selection?.partner, partners.effects(ref())], ['test-courier', 1])
  })

  it('stays with whom it passed on to when the message comes again', async () => {
    await bench.deploy(...flow())
    const id = await release('refuse')
    await bench.arrived('booked')
    const { shipment } = await bench.runtime.lifecycle.create(order(ref()), { correlationId: 'c' })
    await bench.publish({ shipment })
    assert.equal((await bench.arrived('booked', 2)).provider, 'test-second')
    // and a message from before, which still says that the first one refused
    await bench.publish({
      shipment: { ...shipment, selection: { partner: 'test-courier', explanation: [], chosenAt: '' } },
    })
    assert.equal((await bench.arrived('booked', 3)).provider, 'test-second')
    assert.deepEqual([(await stored(id)).booking?.partner, partners.effects(ref())], ['test-second', 1])
  })

  it('gives the place back that the first one had kept', async () => {
    await bench.deploy(...flow())
    const before = await places()
    await release('refuse')
    await bench.arrived('booked')
    assert.equal(await places(), before)
    number += 1
    await release()
    await bench.arrived('booked', 2)
    assert.equal(await places(), before + 1)
  })

  it('gives the place of a cancelled shipment back', async () => {
    await bench.deploy(...flow())
    const before = await places()
    const id = await release()
    await bench.arrived('booked')
    assert.equal(await places(), before + 1)
    const { orderId } = await stored(id)
    const change = { shipmentRef: { type: 'order', value: orderId }, provider: 'test-courier' }
    await bench.runtime.lifecycle.apply(event('shipment.cancelled', 1, { ...change, eventId: `cancel-${orderId}` }))
    await eventually(async () => (await places()) === before)
  })

  it('counts how the one that carried it delivered', async () => {
    await bench.deploy(...flow())
    await release()
    await bench.arrived('booked')
    const change = { shipmentRef: { type: 'order', value: ref() }, provider: 'test-courier' }
    await bench.runtime.lifecycle.apply(event('delivery.completed', 1, { ...change, eventId: `done-${ref()}` }))
    await bench.runtime.routing.scorecard.write()
    const { items } = await bench.runtime.hub.store.documents.page('scorecard', { limit: 10 })
    assert.deepEqual(
      items.map(({ id, body }) => [id, body['ended'], body['onTime']]),
      [['test-courier/2026-03-02', 1, 1]],
    )
  })

  const places = async (): Promise<number> => {
    const { items } = await bench.runtime.hub.store.documents.page<{ shipments: string[] }>('routing-capacity', {
      limit: 100,
    })
    return items.reduce((sum, { body }) => sum + body.shipments.length, 0)
  }
})
