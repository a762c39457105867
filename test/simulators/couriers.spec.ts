import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { eventually } from '../support/eventually.ts'
import { assertHasFieldsOf } from '../support/same-fields.ts'
import type { Hub } from '../support/simulated-partners.ts'
import { ask, basic, listeningHub, simulatedPartners } from '../support/simulated-partners.ts'

type Partners = Awaited<ReturnType<typeof simulatedPartners>>

const task = (reference: string) => ({
  destination: { address: { number: '231', street: 'Example St', city: 'Sampleton', country: 'USA' } },
  recipients: [{ name: 'Jordan Sample', phone: '+15550100102' }],
  quantity: 2,
  orderShortId: reference,
  metadata: [{ name: 'deliveryDocument', type: 'string', value: reference, visibility: ['api'] }],
})

const delivery = (reference: string, key: string) => ({
  pickup_name: 'Sample Depot',
  pickup_address:
    '{"street_address":["1 Example Way",""],"city":"Sampleton","state":"NY","zip_code":"10013","country":"US"}',
  pickup_phone_number: '+15550100101',
  dropoff_name: 'Jordan Sample',
  dropoff_address:
    '{"street_address":["231 Example St","Apt 5"],"city":"Sampleton","state":"NY","zip_code":"10013","country":"US"}',
  dropoff_phone_number: '+15550100102',
  manifest_items: [{ name: 'Sample carton', quantity: 2 }],
  external_id: reference,
  idempotency_key: key,
})

const parcel = (reference: string) => ({
  shipment: {
    reference,
    to_address: { name: 'Jordan Sample', street1: '231 Example St', country: 'US' },
    from_address: { name: 'Sample Depot', street1: '1 Example Way', country: 'US' },
    parcel: { weight: 614.4 },
    service: 'FEDEX_GROUND',
    carrier_accounts: ['ca_sim0001'],
  },
})

describe('simulated couriers', () => {
  let hub: Hub
  let partners: Partners

  beforeEach(async () => {
    hub = await listeningHub()
    partners = await simulatedPartners(hub)
  })
  afterEach(() => partners.close())

  const finished = (reference: string) =>
    eventually(() => partners.control.expected().find((entry) => entry.reference === reference && entry.finished), 8000)

  describe('Onfleet', () => {
    const headers = () => ({ authorization: basic(partners.env['CARTAGE_ONFLEET_API_KEY'] ?? '') })
    const book = (reference: string) =>
      ask(`${partners.env['CARTAGE_ONFLEET_URL']}/tasks`, { json: task(reference), headers: headers() })

    it('knows its callers by their API key', async () => {
      const answer = await ask(`${partners.env['CARTAGE_ONFLEET_URL']}/tasks`, {
        json: task('80001042'),
        headers: { authorization: basic('other') },
      })
      assert.equal(answer.status, 401)
      assert.equal(answer.body.code, 'InvalidCredentials')
      assert.deepEqual(partners.control.expected(), [])
    })

    it('refuses a task without a destination in its own form', async () => {
      const answer = await ask(`${partners.env['CARTAGE_ONFLEET_URL']}/tasks`, {
        json: { recipients: [] },
        headers: headers(),
      })
      assert.equal(answer.status, 400)
      assert.equal(answer.body.message.error, 1900)
    })

    it('finds a task by its metadata and by its ids', async () => {
      const { body: made } = await book('80001043')
      const query = [{ name: 'deliveryDocument', type: 'string', value: '80001043' }]
      const found = await ask(`${partners.env['CARTAGE_ONFLEET_URL']}/tasks/metadata`, {
        json: query,
        headers: headers(),
      })
      assert.deepEqual(
        found.body.map((one: { id: string }) => one.id),
        [made.id],
      )
      for (const path of [made.id, `shortId/${made.shortId}`])
        assert.equal(
          (await ask(`${partners.env['CARTAGE_ONFLEET_URL']}/tasks/${path}`, { headers: headers() })).body.id,
          made.id,
        )
      const none = await ask(`${partners.env['CARTAGE_ONFLEET_URL']}/tasks/metadata`, {
        json: [{ ...query[0], value: '9' }],
        headers: headers(),
      })
      assert.deepEqual(none.body, [])
    })

    it('takes 20 requests a second', async () => {
      const answers = await Promise.all(
        Array.from({ length: 40 }, () =>
          ask(`${partners.env['CARTAGE_ONFLEET_URL']}/auth/test`, { headers: headers() }),
        ),
      )
      const turnedAway = answers.filter((answer) => answer.status === 429).length
      assert.ok(turnedAway >= 10 && turnedAway <= 20, `${turnedAway} of 40 turned away`)
    })

    it('delivers, and signs each webhook with the hex-decoded secret', async () => {
      partners.control.plan('80001044', 'delivered')
      await book('80001044')
      await finished('80001044')
      const hooks = hub.of('onfleet')
      assert.deepEqual(hooks.map((hook) => hook.body['triggerId']).sort(), [0, 1, 2, 3, 9])
      const key = Buffer.from(partners.env['CARTAGE_ONFLEET_WEBHOOK_SECRET'] ?? '', 'hex')
      for (const hook of hooks)
        assert.equal(hook.headers['x-onfleet-signature'], createHmac('sha512', key).update(hook.raw).digest('hex'))
    })

    it('sends the fields of the contract sample', async () => {
      partners.control.plan('80001045', 'delivered')
      await book('80001045')
      await finished('80001045')
      const sent = hub.of('onfleet').find((hook) => hook.body['triggerName'] === 'taskCompleted')?.body
      const sample = JSON.parse(
        readFileSync(new URL('../fixtures/simulators/onfleet.taskCompleted.json', import.meta.url), 'utf8'),
      )
      assertHasFieldsOf(sample, sent, 'taskCompleted')
    })

    it('plays a second attempt as a cloned task', async () => {
      partners.control.plan('80001046', 'second-attempt')
      await book('80001046')
      await finished('80001046')
      const bodies = hub.of('onfleet').map((hook) => hook.body) as {
        triggerName: string
        taskId: string
        data: { task: { sourceTaskId: string } }
      }[]
      const failed = bodies.find((body) => body.triggerName === 'taskFailed')
      const done = bodies.find((body) => body.triggerName === 'taskCompleted')
      assert.equal(done?.data.task.sourceTaskId, failed?.taskId)
      assert.notEqual(done?.taskId, failed?.taskId)
    })

    it('deletes a task that nobody has started; then it is gone', async () => {
      partners.control.plan('80001047', 'delivered')
      const { body: made } = await book('80001047')
      const remove = () =>
        ask(`${partners.env['CARTAGE_ONFLEET_URL']}/tasks/${made.id}`, { method: 'DELETE', headers: headers() })
      assert.equal((await remove()).status, 200)
      assert.equal((await remove()).status, 404)
      const query = [{ name: 'deliveryDocument', type: 'string', value: '80001047' }]
      const found = await ask(`${partners.env['CARTAGE_ONFLEET_URL']}/tasks/metadata`, {
        json: query,
        headers: headers(),
      })
      assert.deepEqual(found.body, [])
      assert.equal((await finished('80001047')).outcome, 'cancelled')
    })
  })

  describe('Uber Direct', () => {
    const base = () =>
      `${partners.env['CARTAGE_UBER_DIRECT_URL']}/v1/customers/${partners.env['CARTAGE_UBER_DIRECT_CUSTOMER_ID']}`

    async function token(): Promise<Record<string, string>> {
      const form = new URLSearchParams({
        grant_type: 'client_credentials',
        scope: 'eats.deliveries',
        client_id: partners.env['CARTAGE_UBER_DIRECT_CLIENT_ID'] ?? '',
        client_secret: partners.env['CARTAGE_UBER_DIRECT_CLIENT_SECRET'] ?? '',
      })
      const answer = await ask(`${partners.env['CARTAGE_UBER_DIRECT_TOKEN_URL']}`, { method: 'POST', body: form })
      return { authorization: `Bearer ${answer.body.access_token}` }
    }

    it('wants a token of its own making', async () => {
      assert.equal((await ask(`${base()}/deliveries`, { json: delivery('80001050', 'k') })).status, 401)
      assert.equal(
        (
          await ask(`${base()}/deliveries`, {
            json: delivery('80001050', 'k'),
            headers: { authorization: 'Bearer IA.forged' },
          })
        ).status,
        401,
      )
      const wrong = new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: 'x',
        client_secret: 'y',
        scope: 'eats.deliveries',
      })
      assert.equal(
        (await ask(`${partners.env['CARTAGE_UBER_DIRECT_TOKEN_URL']}`, { method: 'POST', body: wrong })).status,
        401,
      )
    })

    it('books once for one idempotency key', async () => {
      const headers = await token()
      const first = await ask(`${base()}/deliveries`, { json: delivery('80001051', '80001051-1'), headers })
      const again = await ask(`${base()}/deliveries`, { json: delivery('80001051', '80001051-1'), headers })
      assert.equal(first.status, 200)
      assert.equal(again.body.id, first.body.id)
      assert.equal(partners.ledger.counts('80001051')['booking'], 1)
      const found = await ask(`${base()}/deliveries?external_id=80001051`, { headers })
      assert.deepEqual(
        found.body.data.map((one: { id: string }) => one.id),
        [first.body.id],
      )
    })

    it('names the missing fields', async () => {
      const answer = await ask(`${base()}/deliveries`, {
        json: { ...delivery('80001052', 'k'), dropoff_name: '' },
        headers: await token(),
      })
      assert.equal(answer.status, 400)
      assert.deepEqual([answer.body.code, answer.body.params], ['invalid_params', { dropoff_name: 'is required' }])
    })

    it('delivers with proof, the same status twice when the courier is near, and signs both headers', async () => {
      partners.control.plan('80001053', 'delivered')
      await ask(`${base()}/deliveries`, { json: delivery('80001053', 'k53'), headers: await token() })
      await finished('80001053')
      const hooks = hub.of('uber-direct')
      for (const hook of hooks) {
        const expected = createHmac('sha256', partners.env['CARTAGE_UBER_DIRECT_WEBHOOK_SECRET'] ?? '')
          .update(hook.raw)
          .digest('hex')
        assert.equal(hook.headers['x-uber-signature'], expected)
        assert.equal(hook.headers['x-postmates-signature'], expected)
      }
      const statuses = hooks
        .filter((hook) => hook.body['kind'] === 'event.delivery_status')
        .map((hook) => hook.body['status'])
      assert.deepEqual(statuses.sort(), [
        'delivered',
        'dropoff',
        'dropoff',
        'pending',
        'pickup',
        'pickup',
        'pickup_complete',
      ])
      assert.equal(new Set(hooks.map((hook) => hook.body['id'])).size, hooks.length)
      const sample = JSON.parse(
        readFileSync(new URL('../fixtures/simulators/uber-direct.delivered.json', import.meta.url), 'utf8'),
      )
      assertHasFieldsOf(sample, hooks.find((hook) => hook.body['status'] === 'delivered')?.body, 'delivered')
    })

    it('brings refused goods back as a delivery of its own', async () => {
      partners.control.plan('80001054', 'refused')
      const { body } = await ask(`${base()}/deliveries`, { json: delivery('80001054', 'k54'), headers: await token() })
      await finished('80001054')
      const ids = hub
        .of('uber-direct')
        .filter((hook) => hook.body['status'] === 'delivered')
        .map((hook) => hook.body['delivery_id'])
      assert.deepEqual(ids, [String(body.id).replace('del_', 'ret_')])
    })
  })

  describe('EasyPost', () => {
    const headers = () => ({ authorization: basic(partners.env['CARTAGE_EASYPOST_API_KEY'] ?? '') })
    const book = (reference: string) =>
      ask(`${partners.env['CARTAGE_EASYPOST_URL']}/shipments`, { json: parcel(reference), headers: headers() })

    it('buys a label in one call and finds it by reference', async () => {
      const { status, body } = await book('80001060')
      assert.equal(status, 201)
      assert.match(body.postage_label.label_url, /^https:/)
      const found = await ask(`${partners.env['CARTAGE_EASYPOST_URL']}/shipments/80001060`, { headers: headers() })
      assert.equal(found.body.tracking_code, body.tracking_code)
      assert.equal(
        (await ask(`${partners.env['CARTAGE_EASYPOST_URL']}/shipments/none`, { headers: headers() })).status,
        404,
      )
    })

    it('buys twice when asked twice: it knows no idempotency key', async () => {
      await book('80001061')
      await book('80001061')
      assert.equal(partners.ledger.counts('80001061')['booking'], 2)
      assert.deepEqual(partners.control.expected().find((entry) => entry.reference === '80001061')?.doubled, [
        'booking',
      ])
    })

    it('refuses an incomplete shipment with its fields', async () => {
      const answer = await ask(`${partners.env['CARTAGE_EASYPOST_URL']}/shipments`, {
        json: { shipment: { parcel: {} } },
        headers: headers(),
      })
      assert.equal(answer.status, 422)
      assert.deepEqual(
        answer.body.error.errors.map((one: { field: string }) => one.field),
        ['to_address', 'from_address'],
      )
    })

    it('signs v1 over the body and v2 over time, method, path and body, with the normalised secret', async () => {
      partners.control.plan('80001062', 'failed')
      await book('80001062')
      await finished('80001062')
      const hooks = hub.of('easypost')
      const key = (partners.env['CARTAGE_EASYPOST_WEBHOOK_SECRET'] ?? '').normalize('NFKD')
      for (const { headers: given, raw, path } of hooks) {
        assert.equal(
          given['x-hmac-signature'],
          `hmac-sha256-hex=${createHmac('sha256', key).update(raw).digest('hex')}`,
        )
        const signed = Buffer.concat([Buffer.from(`${given['x-timestamp']}POST${path}`), raw])
        assert.equal(
          given['x-hmac-signature-v2'],
          `hmac-sha256-hex=${createHmac('sha256', key).update(signed).digest('hex')}`,
        )
      }
      const last = hooks
        .map((hook) => hook.body['result'] as { status: string; is_return: boolean; tracking_details: unknown[] })
        .sort((a, b) => a.tracking_details.length - b.tracking_details.length)
        .at(-1)
      assert.deepEqual([last?.status, last?.is_return], ['delivered', true])
    })
  })
})
