import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { assertHasFieldsOf } from '../support/same-fields.ts'
import type { Hub } from '../support/simulated-partners.ts'
import { ask, basic, listeningHub, simulatedPartners } from '../support/simulated-partners.ts'

const SERVICE = '/sap/opu/odata/sap/API_OUTBOUND_DELIVERY_SRV;v=0002'
const BILLING = '/sap/opu/odata/sap/API_BILLING_DOCUMENT_SRV'

describe('simulated SAP S/4HANA', () => {
  let hub: Hub
  let partners: Awaited<ReturnType<typeof simulatedPartners>>
  const base = () => partners.env['CARTAGE_SAP_S4HANA_URL'] ?? ''
  const login = () => ({
    authorization: basic(
      partners.env['CARTAGE_SAP_S4HANA_USERNAME'] ?? '',
      partners.env['CARTAGE_SAP_S4HANA_PASSWORD'],
    ),
  })
  const header = (number: string) => `${base()}${SERVICE}/A_OutbDeliveryHeader('${number}')`

  beforeEach(async () => {
    hub = await listeningHub()
    partners = await simulatedPartners(hub)
  })
  afterEach(() => partners.close())

  /** The first step of the contract's flow: read with Fetch; gives what a write must send back. */
  async function fetchToken(number: string) {
    const answer = await ask(`${header(number)}?$format=json`, { headers: { ...login(), 'x-csrf-token': 'Fetch' } })
    assert.equal(answer.status, 200)
    const cookie = (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
    return {
      ...login(),
      cookie,
      'x-csrf-token': answer.headers.get('x-csrf-token') ?? '',
      'if-match': answer.headers.get('etag') ?? '',
      'content-type': 'application/json',
    }
  }

  const post = (number: string, headers: Record<string, string>) =>
    ask(`${base()}${SERVICE}/PostGoodsIssue?DeliveryDocument='${number}'`, { method: 'POST', headers })
  const patch = (number: string, headers: Record<string, string>, change: unknown) =>
    ask(header(number), { method: 'PATCH', headers, body: JSON.stringify(change) })

  it('knows its callers', async () => {
    assert.equal((await ask(`${header('80001042')}?$format=json`)).status, 401)
    assert.equal(
      (await ask(header('80001042'), { headers: { authorization: basic('sim-cartage', 'wrong') } })).status,
      401,
    )
  })

  it('gives a delivery as JSON with the fields of the contract, and as Atom unless asked', async () => {
    const { body, headers } = await ask(`${header('80001042')}?$format=json`, { headers: login() })
    const sample = JSON.parse(
      readFileSync(new URL('../fixtures/simulators/sap-s4hana.outbound_delivery.json', import.meta.url), 'utf8'),
    )
    assertHasFieldsOf(sample, body, 'delivery')
    assert.equal(headers.get('etag'), `W/"'0001'"`)
    const atom = await ask(header('80001042'), { headers: { ...login(), accept: '*/*' } })
    assert.match(String(atom.body), /<d:DeliveryDocument>80001042<\/d:DeliveryDocument>/)
    assert.equal((await ask(`${header('12')}?$format=json`, { headers: login() })).status, 404)
  })

  it('posts the goods issue with token, cookie and ETag, and once only', async () => {
    const headers = await fetchToken('80001042')
    assert.equal((await post('80001042', headers)).status, 200)
    const again = await post('80001042', await fetchToken('80001042'))
    assert.equal(again.status, 400)
    assert.equal(again.body.error.code, 'VL/150')
    assert.deepEqual(partners.ledger.counts('80001042'), { 'goods-issue': 1 })
  })

  it('wants the token (403 Required), the cookie, the ETag (428) and a fresh one (412)', async () => {
    const headers = await fetchToken('80001043')
    const { 'x-csrf-token': _, ...tokenless } = headers
    const { cookie: __, ...cookieless } = headers
    for (const incomplete of [tokenless, cookieless, { ...headers, 'x-csrf-token': 'stale' }]) {
      const answer = await post('80001043', incomplete)
      assert.equal(answer.status, 403)
      assert.equal(answer.headers.get('x-csrf-token'), 'Required')
    }
    const { 'if-match': ___, ...unconditional } = headers
    assert.equal((await post('80001043', unconditional)).status, 428)
    assert.equal((await patch('80001043', headers, { BillOfLading: 'FICT1042' })).status, 204)
    assert.equal((await post('80001043', headers)).status, 412)
    assert.deepEqual(partners.ledger.counts('80001043'), { 'booking-confirmation': 1 })
  })

  it('says who holds a document with 423', async () => {
    partners.control.fault({ partner: 'sap-s4hana', operation: 'postGoodsIssue', kind: 'error', status: 423, times: 1 })
    const headers = await fetchToken('80001044')
    assert.equal((await post('80001044', headers)).status, 423)
    assert.equal((await post('80001044', headers)).status, 200)
  })

  it('bills what has left, is not blocked and is not billed yet', async () => {
    const bill = async (number: string) =>
      ask(`${base()}${BILLING}/A_BillingDocument`, {
        method: 'POST',
        headers: await fetchToken(number),
        body: JSON.stringify({ ReferenceSDDocument: number }),
      })
    assert.equal((await bill('80001045')).body.error.code, 'VF/016')
    await post('80001045', await fetchToken('80001045'))
    await patch('80001045', await fetchToken('80001045'), { HeaderBillingBlockReason: '01' })
    assert.equal((await bill('80001045')).body.error.code, 'VF/017')
    await patch('80001045', await fetchToken('80001045'), { HeaderBillingBlockReason: '' })
    assert.equal((await bill('80001045')).status, 201)
    assert.equal((await bill('80001045')).body.error.code, 'VF/048')
    const found = await ask(
      `${base()}${BILLING}/A_BillingDocument?$filter=${encodeURIComponent("ReferenceSDDocument eq '80001045'")}`,
      { headers: login() },
    )
    assert.equal(found.body.d.results.length, 1)
    assert.deepEqual(partners.ledger.counts('80001045'), {
      'goods-issue': 1,
      invoice: 1,
      'invoice-hold': 1,
      'invoice-release': 1,
    })
  })
})
