import assert from 'node:assert/strict'
import { eventually } from '../support/eventually.ts'
import type { Hub } from '../support/simulated-partners.ts'
import { ask, basic, listeningHub, simulatedPartners } from '../support/simulated-partners.ts'

describe('faults of simulated partners', () => {
  let hub: Hub
  let partners: Awaited<ReturnType<typeof simulatedPartners>>
  let refuseFirst = 0

  beforeEach(async () => {
    refuseFirst = 0
    hub = await listeningHub((_, nth) => ({ status: nth <= refuseFirst ? 503 : 200 }))
    partners = await simulatedPartners(hub)
  })
  afterEach(() => partners.close())

  const headers = () => ({
    authorization: basic(`${partners.env['CARTAGE_ZENDESK_EMAIL']}/token`, partners.env['CARTAGE_ZENDESK_API_TOKEN']),
  })
  const open = (reference: string, key = reference) =>
    ask(`${partners.env['CARTAGE_ZENDESK_URL']}/api/v2/tickets.json`, {
      json: { ticket: { subject: 'Failed', external_id: reference, comment: { body: 'No answer' } } },
      headers: { ...headers(), 'idempotency-key': key },
    })
  const fault = (spec: Record<string, unknown>) =>
    ask(`${partners.url}/_control/faults`, { json: { partner: 'zendesk', ...spec } })
  const ledger = async (key: string) => (await ask(`${partners.url}/_control/ledger?partner=zendesk&key=${key}`)).body

  it('does the work and then cuts the line: timeout-after-commit', async () => {
    await fault({ kind: 'timeout-after-commit', operation: 'createTicket', times: 1 })
    await assert.rejects(open('80002001'))
    assert.equal(partners.ledger.counts('80002001')['case'], 1)
    const again = await open('80002001')
    assert.equal(again.headers.get('x-idempotency-lookup'), 'hit')
    const { requests } = await ledger('80002001')
    assert.deepEqual(
      requests.map((row: { status: number; effect: boolean; fault: string }) => [row.status, row.effect, row.fault]),
      [
        [0, true, 'timeout-after-commit'],
        [201, false, ''],
      ],
    )
  })

  it('says when to come back, as seconds and as a date', async () => {
    await fault({ kind: 'throttle', times: 1, ms: 3000, form: 'seconds' })
    await fault({ kind: 'throttle', times: 1, ms: 3000, form: 'date' })
    const [seconds, date] = [await open('80002002'), await open('80002002')]
    assert.deepEqual([seconds.status, seconds.headers.get('retry-after')], [429, '3'])
    assert.equal(date.status, 429)
    const wait = Date.parse(date.headers.get('retry-after') ?? '') - Date.now()
    assert.ok(wait > 1000 && wait <= 4000, `${wait} ms`)
    assert.deepEqual(partners.ledger.counts('80002002'), {})
  })

  it('breaks with the status asked for, a share of the time, the same share for the same seed', async () => {
    await fault({ kind: 'error', status: 502, rate: 0.5 })
    const statuses = []
    for (let index = 0; index < 20; index++) statuses.push((await open(`800021${index}`)).status)
    const broken = statuses.filter((status) => status === 502).length
    assert.ok(broken > 3 && broken < 17, statuses.join(' '))
    const twin = await simulatedPartners(await listeningHub())
    try {
      twin.control.fault({ partner: 'zendesk', kind: 'error', status: 502, rate: 0.5 })
      const again = []
      for (let index = 0; index < 20; index++)
        again.push(
          (await ask(`${twin.env['CARTAGE_ZENDESK_URL']}/api/v2/tickets.json`, { json: {}, headers: headers() }))
            .status === 502,
        )
      assert.deepEqual(
        again,
        statuses.map((status) => status === 502),
      )
    } finally {
      await twin.close()
    }
  })

  it('is away for a while, by 503 or by a cut line, and comes back', async () => {
    await fault({ kind: 'outage', ms: 150 })
    assert.equal((await open('80002003')).status, 503)
    await eventually(async () => (await open('80002003')).status === 201)
    await fault({ kind: 'outage', ms: 150, form: 'cut' })
    await assert.rejects(open('80002004'))
    await eventually(async () => (await open('80002004').catch(() => undefined))?.status === 201)
  })

  it('answers a login page, half an answer, or byte by byte', async () => {
    await fault({ kind: 'html', times: 1 })
    assert.match(String((await open('80002005')).body), /log in/)
    await fault({ kind: 'truncated', times: 1 })
    await assert.rejects(open('80002006'))
    await fault({ kind: 'drip', times: 1, ms: 20 })
    await assert.rejects(
      fetch(`${partners.env['CARTAGE_ZENDESK_URL']}/api/v2/tickets.json`, {
        headers: headers(),
        signal: AbortSignal.timeout(200),
      }).then((answer) => answer.text()),
    )
    await fault({ kind: 'latency', times: 1, ms: 120 })
    const began = performance.now()
    await open('80002007')
    assert.ok(performance.now() - began >= 110)
  })

  it('refuses a fault that it does not know, and forgets all when told', async () => {
    assert.equal((await fault({ kind: 'earthquake' })).status, 400)
    await fault({ kind: 'error' })
    assert.equal((await ask(`${partners.url}/_control/faults`, { method: 'DELETE' })).status, 204)
    assert.equal((await open('80002008')).status, 201)
  })

  it('repeats a webhook until the hub takes it', async () => {
    refuseFirst = 3
    await open('80002010')
    await eventually(() => partners.control.open().webhooks === 0 && hub.of('zendesk').length === 4)
    const { webhooks } = await ledger('80002010')
    assert.deepEqual(
      webhooks.map((row: { status: number }) => row.status),
      [503, 503, 503, 200],
    )
    assert.equal(new Set(hub.of('zendesk').map((hook) => hook.body['id'])).size, 1)
  })

  it('sends a webhook twice, or never', async () => {
    await fault({ kind: 'duplicate', times: 1 })
    await open('80002011')
    await eventually(() => hub.of('zendesk').length === 2)
    assert.deepEqual(hub.of('zendesk')[0]?.raw, hub.of('zendesk')[1]?.raw)
    await fault({ kind: 'silence' })
    await open('80002012')
    const silent = async () => (await ask(`${partners.url}/_control/summary`)).body.zendesk.webhooks.silent === 1
    await eventually(silent)
    assert.equal(hub.of('zendesk').length, 2)
  })

  it('forges one signature; the next attempt is genuine', async () => {
    await fault({ kind: 'wrong-signature', times: 1 })
    refuseFirst = 1
    await open('80002013')
    await eventually(() => hub.of('zendesk').length === 2)
    const [forged, genuine] = hub.of('zendesk')
    assert.notEqual(forged?.headers['x-zendesk-webhook-signature'], genuine?.headers['x-zendesk-webhook-signature'])
    const { webhooks } = await ledger('80002013')
    assert.deepEqual(
      webhooks.map((row: { signature: string }) => row.signature),
      ['wrong', 'good'],
    )
  })

  it('lets later webhooks overtake one that is held back', async () => {
    partners.control.plan('80002014', 'delivered')
    partners.control.fault({ partner: 'easypost', kind: 'reorder', operation: 'tracker.updated', times: 1 })
    await ask(`${partners.env['CARTAGE_EASYPOST_URL']}/shipments`, {
      json: {
        shipment: {
          reference: '80002014',
          to_address: {},
          from_address: {},
          parcel: { weight: 1 },
          service: 'FEDEX_GROUND',
        },
      },
      headers: { authorization: basic(partners.env['CARTAGE_EASYPOST_API_KEY'] ?? '') },
    })
    await eventually(() => hub.of('easypost').length === 6)
    const order = hub
      .of('easypost')
      .map((hook) => (hook.body['result'] as { tracking_details: unknown[] }).tracking_details.length)
    assert.ok(order.indexOf(1) > 0, order.join(' '))
  })

  it('has rough days, the same for the same seed, that come to an end', async () => {
    const day = async (seed: string) =>
      (
        await ask(`${partners.url}/_control/faults/rough-day`, { json: { seed, partners: ['zendesk'] } })
      ).body.faults.map(({ kind, rate }: { kind: string; rate?: number }) => [kind, rate])
    assert.deepEqual(await day('7'), await day('7'))
    assert.notDeepEqual(await day('7'), await day('8'))
    const opened = new Set<string>()
    for (let index = 0; index < 40; index++) {
      const reference = `800022${String(index).padStart(2, '0')}`
      await eventually(async () => [200, 201].includes((await open(reference).catch(() => undefined))?.status ?? 0))
      opened.add(reference)
    }
    await eventually(() => partners.control.open().webhooks === 0 && partners.control.open().journeys === 0, 15_000)
    const { body } = await ask(`${partners.url}/_control/summary`)
    assert.deepEqual(body.zendesk.doubled, [])
    const told = new Set(hub.of('zendesk').map((hook) => (hook.body['detail'] as { external_id: string }).external_id))
    assert.deepEqual(told, new Set(Object.keys(body.zendesk.effects.case)))
  })
})
