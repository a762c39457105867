import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { eventually } from '../support/eventually.ts'
import { assertHasFieldsOf } from '../support/same-fields.ts'
import type { Hub } from '../support/simulated-partners.ts'
import { ask, basic, listeningHub, simulatedPartners } from '../support/simulated-partners.ts'

const sample = (name: string) =>
  JSON.parse(readFileSync(new URL(`../fixtures/simulators/${name}.json`, import.meta.url), 'utf8'))

describe('simulated warehouse, service desk and planner', () => {
  let hub: Hub
  let partners: Awaited<ReturnType<typeof simulatedPartners>>

  beforeEach(async () => {
    hub = await listeningHub()
    partners = await simulatedPartners(hub)
  })
  afterEach(() => partners.close())

  it('check the address of the hub as their contracts say', async () => {
    await eventually(() => hub.checks.length >= 2)
    assert.match(hub.checks.toSorted().join(' '), /^GET \/webhooks\/onfleet\?check=\w+ HEAD \/webhooks\/shiphero$/)
  })

  describe('ShipHero', () => {
    const graphql = (query: string, variables: unknown, token = partners.env['CARTAGE_SHIPHERO_ACCESS_TOKEN']) =>
      ask(`${partners.env['CARTAGE_SHIPHERO_URL']}/graphql`, {
        json: { query, variables },
        headers: { authorization: `Bearer ${token}` },
      })
    const create = (reference: string, quantity = 2) =>
      graphql('mutation($data: CreateOrderInput!){ order_create(data:$data){ request_id order{ id order_number } } }', {
        data: {
          order_number: `SO-${reference}`,
          partner_order_id: reference,
          shipping_address: { address1: '231 Example St', city: 'Sampleton', state: 'NY', zip: '10013', country: 'US' },
          line_items: [
            { sku: 'SKU-1', partner_line_item_id: `${reference}-1`, quantity, product_name: 'Sample carton' },
          ],
        },
      })

    it('knows its callers by their token', async () => {
      assert.equal((await graphql('query { orders { data } }', {}, 'other')).status, 401)
    })

    it('takes an order once and finds it by our reference', async () => {
      const { body } = await create('80001070')
      assert.match((await create('80001070')).body.errors[0].message, /already exists/)
      const found = await graphql(
        'query($partner_order_id: String){ orders(partner_order_id: $partner_order_id){ data { edges { node { id } } } } }',
        { partner_order_id: '80001070' },
      )
      assert.deepEqual(
        found.body.data.orders.data.edges.map((edge: { node: { id: string } }) => edge.node.id),
        [body.data.order_create.order.id],
      )
      assert.equal(partners.ledger.counts('80001070')['order'], 1)
    })

    it('answers 200 with error 30 when the credits are spent', async () => {
      const query = () => graphql('query { orders { data { edges { node { id } } } } }', {})
      const throttled = async () => {
        for (const answer of await Promise.all(Array.from({ length: 100 }, query)))
          if (answer.body.errors?.[0].code === 30) return answer
        return undefined
      }
      const answer = await eventually(throttled, 15_000)
      assert.equal(answer.status, 200)
      assert.match(answer.body.errors[0].time_remaining, /^\d+ seconds$/)
    })

    it('allocates, clears the tote, packs, ships; signed in base64, with a message id, in the shape of the contract', async () => {
      await create('80001071')
      await eventually(() => hub.of('shiphero').length === 5 && partners.control.open().webhooks === 0)
      for (const { headers, raw, body } of hub.of('shiphero')) {
        const expected = createHmac('sha256', partners.env['CARTAGE_SHIPHERO_WEBHOOK_SECRET'] ?? '')
          .update(raw)
          .digest('base64')
        assert.equal(headers['x-shiphero-hmac-sha256'], expected)
        assert.match(headers['x-shiphero-message-id'] ?? '', /^[0-9a-f-]{36}$/)
        assertHasFieldsOf(
          sample(`shiphero.${String(body['webhook_type']).toLowerCase().replaceAll(' ', '_')}`),
          body,
          String(body['webhook_type']),
        )
      }
    })

    it('stops an order that has not left, says so, and refuses one that is stopped or gone', async () => {
      const cancel = async (id: string) =>
        (
          await graphql('mutation($data: CancelOrderInput!){ order_cancel(data:$data){ order{ id } } }', {
            data: { order_id: id },
          })
        ).body
      partners.control.hold('80001073')
      const { id } = (await create('80001073')).body.data.order_create.order
      assert.equal((await cancel(id)).data.order_cancel.order.fulfillment_status, 'canceled')
      await eventually(() => hub.of('shiphero').some(({ body }) => body['webhook_type'] === 'Order Canceled'))
      assert.match((await cancel(id)).errors[0].message, /already canceled/)
      const gone = (await create('80001074')).body.data.order_create.order
      await eventually(() => partners.ledger.counts('80001074')['shipped'] === 1)
      assert.match((await cancel(gone.id)).errors[0].message, /already fulfilled/)
      assert.deepEqual(partners.ledger.counts('80001073'), { order: 1, 'order-cancellation': 1 })
    })

    it('keeps its stock: less by what is shipped and adjusted, more by a return that can be sold again', async () => {
      const act = (action: string, id: string) =>
        ask(`${partners.url}/_control/act`, { json: { partner: 'shiphero', action, id } })
      const stock = async () =>
        (
          await graphql(
            'query($after: String){ warehouse_products(warehouse_id: "1"){ data(after: $after){ edges{ node{ sku } } } } }',
            {},
          )
        ).body.data.warehouse_products.data.edges[0].node.on_hand
      await create('80001075')
      await eventually(() => partners.ledger.counts('80001075')['shipped'] === 1)
      assert.equal(await stock(), 998)
      await act('adjust', 'SKU-1:-3:Damaged')
      await graphql('mutation($data: CreateReturnInput!){ return_create(data:$data){ return{ id } } }', {
        data: { partner_id: 'RMA-75', line_items: [{ sku: 'SKU-1', quantity: 1 }] },
      })
      await act('arrive', 'RMA-75:B')
      assert.equal(await stock(), 996)
      await act('shrink', 'SKU-1:-2')
      assert.equal(await stock(), 994)
      const told = await eventually(() => {
        const of = (type: string) => hub.of('shiphero').filter(({ body }) => body['webhook_type'] === type)
        return of('Return Update').length === 1 && of('Inventory Change').length === 2
          ? of('Inventory Change')
          : undefined
      })
      assert.deepEqual(told.map(({ body }) => body['change_in_on_hand']).sort(), [-3, 1])
    })

    it('picks short when told to', async () => {
      await ask(`${partners.url}/_control/plan`, { json: { reference: '80001072', short: true } })
      await create('80001072', 3)
      const shipped = await eventually(() =>
        hub.of('shiphero').find((hook) => hook.body['webhook_type'] === 'Shipment Update'),
      )
      const fulfilment = shipped.body['fulfillment'] as { line_items: { quantity: number }[] }
      assert.deepEqual(
        fulfilment.line_items.map((line) => line.quantity),
        [2],
      )
    })
  })

  describe('Zendesk', () => {
    const headers = () => ({
      authorization: basic(`${partners.env['CARTAGE_ZENDESK_EMAIL']}/token`, partners.env['CARTAGE_ZENDESK_API_TOKEN']),
    })
    const api = (path: string) => `${partners.env['CARTAGE_ZENDESK_URL']}/api/v2/${path}`
    const open = (reference: string, key: string, subject = 'Delivery failed') =>
      ask(api('tickets.json'), {
        json: { ticket: { subject, external_id: reference, comment: { body: 'No answer' } } },
        headers: { ...headers(), 'Idempotency-Key': key },
      })

    it('opens one case per idempotency key and says when it knew the key', async () => {
      const first = await open('80001080', 'key-80')
      const again = await open('80001080', 'key-80')
      assert.deepEqual([first.status, again.status, again.body.ticket.id], [201, 201, first.body.ticket.id])
      assert.deepEqual(
        [first, again].map((answer) => answer.headers.get('x-idempotency-lookup')),
        ['miss', 'hit'],
      )
      assert.equal((await open('80001080', 'key-80', 'Another text')).status, 400)
      assert.equal(partners.ledger.counts('80001080')['case'], 1)
      assert.equal((await ask(api('tickets.json'), { json: {} })).status, 401)
    })

    it('finds a case by our reference and its status, and closes it', async () => {
      const { body } = await open('80001081', 'key-81')
      const search = async (more: string) =>
        (
          await ask(api(`search.json?query=${encodeURIComponent(`type:ticket external_id:80001081 ${more}`)}`), {
            headers: headers(),
          })
        ).body.count
      assert.equal(await search('status<solved'), 1)
      const solved = await ask(api(`tickets/${body.ticket.id}.json`), {
        method: 'PUT',
        json: { ticket: { status: 'solved' } },
        headers: headers(),
      })
      assert.equal(solved.body.ticket.status, 'solved')
      assert.deepEqual(
        [await search('status<solved'), await search('status:solved'), await search('-status:solved')],
        [0, 1, 0],
      )
      assert.equal(partners.ledger.counts('80001081')['case-solved'], 1)
    })

    it('tells of a changed status, signed over timestamp and body', async () => {
      const { body } = await open('80001082', 'key-82')
      await ask(`${partners.url}/_control/act`, {
        json: { partner: 'zendesk', id: String(body.ticket.id), action: 'solve' },
      })
      const hook = await eventually(() =>
        hub.of('zendesk').find((one) => (one.body['event'] as { current: string }).current === 'SOLVED'),
      )
      const signed = `${hook.headers['x-zendesk-webhook-signature-timestamp']}${hook.raw.toString('utf8')}`
      assert.equal(
        hook.headers['x-zendesk-webhook-signature'],
        createHmac('sha256', partners.env['CARTAGE_ZENDESK_WEBHOOK_SECRET'] ?? '')
          .update(signed)
          .digest('base64'),
      )
      assertHasFieldsOf(sample('zendesk.ticket_status_changed'), hook.body, 'status_changed')
    })
  })

  describe('OptimoRoute', () => {
    const api = (operation: string, query = '') =>
      `${partners.env['CARTAGE_OPTIMOROUTE_URL']}/${operation}?key=${partners.env['CARTAGE_OPTIMOROUTE_API_KEY']}${query}`
    const stop = {
      operation: 'SYNC',
      orderNo: '80001090',
      type: 'D',
      date: '2026-03-02',
      location: { address: '231 Example St', locationNo: 'C1', locationName: 'Jordan Sample' },
    }

    it('keeps one stop however often it is synchronised, and puts it on a route', async () => {
      const first = await ask(api('create_order'), { json: stop })
      const again = await ask(api('create_order'), { json: { ...stop, duration: 7 } })
      assert.deepEqual([first.body.success, again.body.id], [true, first.body.id])
      assert.equal(
        (await ask(api('create_order'), { json: { ...stop, operation: 'CREATE' } })).body.code,
        'ERR_ORD_EXISTS',
      )
      assert.equal(partners.ledger.counts('80001090')['stop'], 1)
      const planning = await ask(api('start_planning'), { json: { date: '2026-03-02' } })
      const finished = async () =>
        (await ask(api('get_planning_status', `&planningId=${planning.body.planningId}`))).body.status === 'F'
      await eventually(finished)
      const { body } = await ask(api('get_routes', '&date=2026-03-02'))
      assert.deepEqual(
        body.routes.map((route: { stops: { orderNo: string }[] }) => route.stops.map((one) => one.orderNo)),
        [['-', '80001090']],
      )
    })

    it('works on five requests at a time', async () => {
      partners.control.fault({ partner: 'optimoroute', kind: 'latency', ms: 100 })
      const answers = await Promise.all(Array.from({ length: 7 }, () => ask(api('get_events'))))
      assert.deepEqual(answers.map((answer) => answer.status).sort(), [200, 200, 200, 200, 200, 429, 429])
    })

    it('wants the key, and pages its feed by tag', async () => {
      assert.equal((await ask(`${partners.env['CARTAGE_OPTIMOROUTE_URL']}/get_events?key=other`)).status, 401)
      const { body } = await ask(api('create_order'), { json: stop })
      for (const action of ['start_service', 'success'])
        await ask(`${partners.url}/_control/act`, { json: { partner: 'optimoroute', id: body.id, action } })
      const feed = await ask(api('get_events'))
      assert.deepEqual(
        feed.body.events.map((event: { event: string }) => event.event),
        ['start_service', 'success'],
      )
      assert.deepEqual((await ask(api('get_events', `&after_tag=${feed.body.tag}`))).body.events, [])
    })
  })
})
