import assert from 'node:assert/strict'
import type { RoutingTable } from '../../engine/routing/table.ts'
import { order } from '../support/canonical.ts'
import { type LabClient, type LabRole, startLab } from '../support/lab-client.ts'
import { only, row } from '../support/routing.ts'
import { type TestPartners, testPartners } from '../support/test-partner.ts'

const TABLE: RoutingTable = {
  rows: [only({ countries: ['DE'] }, 'test-second'), row([{ partner: 'test-courier', perDay: 1 }])],
}

describe('what would happen to an order, over HTTP', () => {
  let lab: LabClient
  let partners: TestPartners
  before(async () => {
    partners = await testPartners()
    lab = await startLab(partners.env)
    await lab.hub.runtime.lifecycle.create(order('SO-7'), { correlationId: 'c' })
  })
  after(async () => {
    await lab?.stop()
    await partners?.close()
  })
  const ask = (asked: object, role: LabRole = 'analyst') =>
    lab.ask(role, 'POST', '../routing/try', { rules: TABLE, ...asked })
  const told = async (asked: object) => {
    const { status, told } = await ask(asked)
    assert.equal(status, 200, JSON.stringify(told))
    return told
  }

  it('is for those who may change flows', async () => {
    const may: LabRole[] = []
    for (const role of ['nobody', 'viewer', 'analyst', 'operator', 'finance', 'auditor', 'admin'] as const)
      if ((await ask({ subject: 'SO-7' }, role)).status === 200) may.push(role)
    assert.deepEqual(may, ['analyst', 'admin'])
  })

  it('is asked by an order, a shipment, their text, or a reference', async () => {
    const { shipmentId } = (await lab.hub.runtime.lifecycle.findByReference('SO-7'))[0]!
    const shipment = await lab.hub.runtime.lifecycle.get(shipmentId)
    for (const subject of [order('SO-9'), JSON.stringify(order('SO-9')), shipment, 'SO-7', ' SO-7 ', shipmentId]) {
      const { ranked, about } = await told({ subject })
      assert.deepEqual(ranked[0].partner, 'test-courier')
      assert.match(about.orderId, /^SO-[79]$/)
    }
  })

  it('says of each row and courier why or why not, at the time that is asked for', async () => {
    const { rows, candidates, now } = await told({ subject: 'SO-7', now: '2026-03-02T14:00:00Z' })
    assert.deepEqual(
      rows.map(({ matched }: { matched: boolean }) => matched),
      [false, true],
    )
    assert.equal(rows[0].objections[0].why, 'it goes to US, not to DE')
    assert.deepEqual(
      [candidates[0].partner, candidates[0].rank, candidates[0].pickUpOn],
      ['test-courier', 1, '2026-03-02'],
    )
    assert.equal(now, '2026-03-02T14:00:00.000Z')
  })

  it('keeps nothing and takes no place', async () => {
    for (const orderId of ['SO-21', 'SO-22', 'SO-23']) {
      const { ranked } = await told({ subject: order(orderId) })
      assert.equal(ranked[0].partner, 'test-courier')
    }
    const { documents } = lab.hub.runtime.hub.store
    assert.deepEqual((await documents.page('routing-capacity', { limit: 10 })).items, [])
    assert.deepEqual(await documents.find('order', 'SO-21'), [])
    assert.deepEqual(partners.ledger, [])
  })

  it('asks couriers for their prices only when it is told to', async () => {
    const accounts = lab.hub.runtime.partners
    accounts.set('test-courier', lab.hub.runtime.connect('test-courier', {}))
    partners.serve('/quotes', Buffer.from('{"price":{"amount":"4.20","currency":"USD"}}'), 'application/json')
    const rules = { rows: [row([{ partner: 'test-courier', quote: true }], { strategy: 'cheapest' })] }
    const priced = async (quotes: boolean) => (await told({ rules, subject: 'SO-7', quotes })).candidates[0]
    assert.equal((await priced(false)).pricedBy, undefined)
    const { price, pricedBy } = await priced(true)
    assert.deepEqual([price, pricedBy], [{ amount: '4.20', currency: 'USD' }, 'quote'])
    await accounts.get('test-courier')?.close()
    accounts.clear()
  })

  it('leaves out a draft, and puts one that is paused last, with the reason', async () => {
    const rules = { rows: [row([{ partner: 'test-courier' }, { partner: 'test-second' }, { partner: 'test-third' }])] }
    const { control, statuses, connect, partners: accounts } = lab.hub.runtime
    for (const slug of ['test-courier', 'test-second', 'test-third']) accounts.set(slug, connect(slug, {}))
    await control.set('test-courier', 'paused', { by: 'test', reason: 'test' })
    await statuses.set('test-second', 'draft', { by: 'test', why: 'it loses parcels' })
    const { candidates, ranked } = await told({ rules, subject: 'SO-7' })
    assert.deepEqual(
      ranked.map(({ partner }: { partner: string }) => partner),
      ['test-third', 'test-courier'],
    )
    const reasons = candidates.map((one: { reasons: string[] }) => one.reasons.join('; '))
    assert.match(reasons[0], /paused by an operator/)
    assert.match(reasons[1], /is a draft/)
    await control.set('test-courier', 'running', { by: 'test', reason: 'test' })
    await Promise.all([...accounts.values()].map((account) => account.close()))
    accounts.clear()
  })

  for (const [what, asked, status, code, field] of [
    ['no rules', { rules: null, subject: 'SO-7' }, 422, 'routing.invalid', undefined],
    ['rules that are wrong', { rules: { rows: [{}] }, subject: 'SO-7' }, 422, 'routing.invalid', 'rows.0.name'],
    [
      'an expression that is none',
      { rules: { rows: [only({ expression: '((' }, 'a')] }, subject: 'SO-7' },
      422,
      'routing.invalid',
      'rows.0.when.expression',
    ],
    ['nothing asked about', {}, 422, 'routing.question', 'subject'],
    ['an empty reference', { subject: ' ' }, 422, 'routing.question', 'subject'],
    ['a reference without end', { subject: 'x'.repeat(5_000) }, 422, 'routing.question', 'subject'],
    ['a reference that nobody knows', { subject: 'SO-404' }, 404, 'routing.unknown-subject', 'subject'],
    ['half of an order', { subject: { orderId: 'SO-1' } }, 422, 'routing.question', undefined],
    ['text that is no JSON', { subject: '{ "orderId": ' }, 422, 'routing.question', 'subject'],
    ['a list', { subject: [] }, 422, 'routing.question', undefined],
    ['a time that is none', { subject: 'SO-7', now: 'tomorrow' }, 422, 'routing.question', 'now'],
    ['a calendar that is not deployed', { subject: 'SO-7', calendar: 'gone' }, 422, 'routing.calendar', 'calendar'],
    [
      'a calendar that never opens',
      { subject: 'SO-7', calendar: { zone: 'UTC', hours: {} } },
      422,
      'calendar.never-open',
      'hours',
    ],
  ] as const)
    it(`is refused with its place: ${what}`, async () => {
      const answer = await ask(asked)
      assert.deepEqual([answer.status, answer.told.code], [status, code])
      if (field !== undefined) assert.equal(answer.told.field, field)
    })

  it('brings rules of any version up to date, and refuses only what is none', async () => {
    const rules = [{ partner: 'a', when: '', cost: '' }]
    const answer = await lab.ask('viewer', 'POST', '../routing/table', { rules, strategy: 'priority' })
    assert.equal(answer.told.table.rows[0].strategy, 'preference')
    for (const wrong of [5, 'x', [null]]) {
      const { status, told } = await lab.ask('viewer', 'POST', '../routing/table', { rules: wrong })
      assert.deepEqual([status, told.field], [422, 'rules'])
    }
  })
})
