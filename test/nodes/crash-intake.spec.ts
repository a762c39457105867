import assert from 'node:assert/strict'
import { once } from 'node:events'
import { join } from 'node:path'
import { shipmentIdOf } from '../../engine/lifecycle/shipment.ts'
import { openStore } from '../../engine/store/open.ts'
import { order } from '../support/canonical.ts'
import { eventually } from '../support/eventually.ts'
import { account, fn, node, partner, TAB } from '../support/flow-nodes.ts'
import { hubChild, sendWhenAwake } from '../support/hub-child.ts'
import { temporaryFolder } from '../support/temp.ts'
import { signed, type TestPartners, testPartners } from '../support/test-partner.ts'

const ORDER = order('SO-7')

/** A webhook makes a shipment, the shipment is told, and whoever hears of it books. */
const FLOWS = [
  TAB,
  partner('test-courier'),
  node('hook', 'webhook-in', [['order']], { partner: account('test-courier'), maxAttempts: 12 }),
  fn('order', 'msg.payload = msg.payload.order; return msg', [['create']]),
  node('create', 'shipment-lifecycle', [['out'], ['out'], []], {
    action: 'create',
    reference: '',
    referenceType: 'auto',
  }),
  node('out', 'event-out', [], { channel: 'told', channelType: 'str', key: 'payload.orderId', keyType: 'jsonata' }),
  node('told', 'event-in', [['book']], { channel: 'told', subscription: 'told', maxAttempts: 12 }),
  node('book', 'provider-connector', [[], [], []], {
    partner: account('test-courier'),
    operation: 'book',
    input: '{ "ref": payload.orderId }',
    inputType: 'jsonata',
    subject: 'payload.orderId',
  }),
]

describe('a webhook on its way into a hub that is killed', function () {
  this.timeout(120_000)
  let partners: TestPartners
  let folder: ReturnType<typeof temporaryFolder>

  beforeEach(async () => {
    partners = await testPartners()
    folder = temporaryFolder()
  })
  afterEach(async () => {
    await partners.close()
    folder.remove()
  })

  const start = (crashAt: string) => hubChild(folder.path, FLOWS, { ...partners.env, CRASH_AT: crashAt })

  const body = JSON.stringify({ id: 'evt-7', ref: 'SO-7', order: ORDER })
  const send = (url: string) => sendWhenAwake(`${url}/webhooks/test-courier`, signed(body))

  const cases: [fault: string, crashAt: string, answered: number][] = [
    ['F1: before the commit, so the sender has no answer', 'publish.before-append:1', 0],
    ['F2: after the commit and before the answer', 'publish.after-append:1', 0],
    ['F3: between the change of the shipment and the telling of it', 'publish.before-append:2', 202],
    ['F3: when the telling is stored, before the delivery is settled', 'publish.after-append:2', 202],
  ]
  for (const [fault, crashAt, answered] of cases)
    it(`${fault}: sent again it is one shipment, told once, booked once`, async () => {
      const first = await start(crashAt)
      assert.equal(await send(first.url), answered)
      if (first.child.signalCode === null) await once(first.child, 'exit')
      assert.equal(first.child.signalCode, 'SIGKILL')
      const second = await start('')
      assert.equal(await send(second.url), 202)
      await eventually(() => partners.effects('SO-7') > 0, 15_000)
      assert.equal(await second.finish(), 0)
      assert.equal(partners.effects('SO-7'), 1)
      const store = await openStore(`sqlite:${join(folder.path, 'cartage.db')}`, { clock: { now: () => Date.now() } })
      const shipment = await store.documents.get<{ timeline: unknown[] }>('shipment', shipmentIdOf('SO-7'))
      const counts = await store.messages.counts()
      await store.close()
      assert.equal(shipment?.body.timeline.length, 1)
      assert.deepEqual(
        counts.filter(({ waiting, leased, dead }) => waiting + leased + dead > 0),
        [],
      )
    })
})
