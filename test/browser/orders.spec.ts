import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { event, order } from '../support/canonical.ts'
import { launchBrowser, openEditor } from '../support/browser.ts'
import { eventually } from '../support/eventually.ts'
import { account, node, partner, source, TAB } from '../support/flow-nodes.ts'
import { type FlowNode, type RunningHub, startHub } from '../support/node-red.ts'
import { temporaryFolder } from '../support/temp.ts'
import { type TestPartners, testPartners } from '../support/test-partner.ts'
import { HASH, PASSWORD } from '../support/workbench.ts'

const PICTURES = process.env.CARTAGE_TEST_PICTURES
const now = () => new Date().toISOString()
const REFUSAL = 'the period is closed'

describe('orders in the editor, in a browser', function () {
  this.timeout(90_000)
  let browser: Browser
  let partners: TestPartners
  let hub: RunningHub
  let shipmentId: string
  const folder = temporaryFolder()
  let page: Page
  let complaints: string[]

  before(async function () {
    browser = await launchBrowser(this)
    partners = await testPartners()
    const users = ['analyst', 'viewer'].map((role) => ({ username: role, passwordHash: HASH, role }))
    writeFileSync(join(folder.path, 'test.json'), JSON.stringify(flows()))
    hub = await startHub({ ...partners.env, CARTAGE_USERS: JSON.stringify(users), CARTAGE_FLOWS: folder.path })
    shipmentId = await story(hub, partners)
    ;({ page, complaints } = await show('analyst'))
  })
  after(async () => {
    await browser?.close()
    await hub?.stop()
    await partners?.close()
    folder.remove()
  })

  async function show(role: string): Promise<{ page: Page; complaints: string[] }> {
    const opened = await openEditor(browser, `${hub.url}/editor/`, { login: [role, PASSWORD] })
    // Before the login the editor is told that there must be one.
    opened.complaints.splice(0)
    await opened.page.waitForFunction('window.CartageOrders && RED.workspaces.count() > 0')
    await opened.page.evaluate("RED.actions.invoke('cartage:show-orders-tab')")
    return opened
  }
  async function find(reference: string): Promise<void> {
    await page.getByRole('search').getByRole('searchbox').fill(reference)
    await page.getByRole('search').getByRole('searchbox').press('Enter')
  }
  const picture = async (name: string) => {
    if (!PICTURES) return
    mkdirSync(PICTURES, { recursive: true })
    await page.screenshot({ path: join(PICTURES, `orders-${name}.png`) })
  }

  it('finds an order by any reference and shows its steps, what it waits for and what can be undone', async () => {
    await find('B-SO-1')
    const step = (title: string) => page.locator('.cartage-order-steps li', { hasText: title })
    await step('courier booked').locator('.undo', { hasText: 'Can be undone' }).waitFor()
    assert.match((await step('courier booked').textContent()) ?? '', /Test courier/)
    await step('tell the ERP').getByText(REFUSAL).waitFor()
    await page.locator('.cartage-order-waits', { hasText: 'tell the ERP: a person' }).waitFor()
    assert.equal(await step('delivered').getAttribute('class'), 'to-come')
    await picture('steps')
    await page.getByText('For a person').click()
    await page.getByText(/npm run dead-letters -- show erp /).waitFor()
    await page.getByText('Timeline').click()
    await page.locator('.cartage-order-timeline', { hasText: 'Picked up' }).waitFor()
    await picture('details')
    await step('tell the ERP').getByRole('button', { name: 'under test' }).click()
    assert.equal(await page.evaluate('RED.workspaces.active()'), 'tab')
    assert.deepEqual(complaints, [])
  })

  it('draws what happens meanwhile, and leaves unfolded what is unfolded', async () => {
    await find(shipmentId)
    await page.locator('[data-part=timeline]').evaluate('(part) => { part.open = true }')
    await hub.runtime.lifecycle.apply(
      event('delivery.out_for_delivery', 30, { shipmentId, eventId: 'out', occurredAt: now() }),
    )
    await page.locator('.cartage-order-steps li.done', { hasText: 'out for delivery' }).waitFor()
    await page.locator('.cartage-order-timeline', { hasText: 'Out for delivery' }).waitFor()
  })

  it('says of an order that is no shipment yet that it is kept, and of a number that nobody has that it is none', async () => {
    const message = { id: 'later', channel: 'later', payload: {}, headers: {}, correlationId: 'c' }
    await hub.runtime.hub.store.messages.subscribe('later', 'later', { ordered: true })
    await hub.runtime.hub.publish([{ ...message, key: 'SO-99' }])
    await find('SO-99')
    await page.getByText('Accepted, not a shipment yet').waitFor()
    await picture('accepted')
    await find('<b>nobody</b>')
    await page.getByText('Nothing has this reference').waitFor()
  })

  it('gives a viewer no words of partners', async () => {
    ;({ page } = await show('viewer'))
    await find('SO-1')
    await page.locator('.cartage-order-steps li', { hasText: 'tell the ERP' }).getByText('CLOSED').waitFor()
    const text = (await page.locator('.cartage-order').textContent()) ?? ''
    assert.ok(!text.includes(REFUSAL), text)
  })
})

/** Books a shipment, remembers that, and tells an ERP that refuses. */
function flows(): FlowNode[] {
  const find = { action: 'find', reference: 'payload.shipmentId', referenceType: 'jsonata' }
  const step = { input: 'shipment', inputType: 'msg', subject: '' }
  return [
    ...[TAB, partner('test-courier'), partner('test-erp'), source('find')],
    node('find', 'shipment-lifecycle', [['book'], [], []], find),
    node('book', 'provider-connector', [['note'], [], []], {
      ...{ ...step, name: 'book it', partner: account('test-courier'), operation: 'book', onUnreachable: 'retry' },
    }),
    node('note', 'shipment-lifecycle', [['remember'], [], []], {
      action: 'booking',
      reference: '',
      referenceType: 'auto',
    }),
    node('remember', 'compensate', [[], []], {
      ...{ ...step, action: 'remember', process: 'delivery', step: 'courier booked', partner: '', operation: 'cancel' },
      ...{ noUndo: '', over: true },
    }),
    source('find-told', { id: 'told', channel: 'told', subscription: 'erp' }),
    node('find-told', 'shipment-lifecycle', [['post'], [], []], find),
    node('post', 'erp-poster', [[], []], {
      ...{ ...step, name: 'tell the ERP', partner: account('test-erp'), operation: 'postGoodsIssue' },
      ...{ window: '', perSecond: '' },
    }),
  ]
}

async function story({ runtime }: RunningHub, partners: TestPartners): Promise<string> {
  const { shipment } = await runtime.lifecycle.create(order('SO-1'), { correlationId: 'cor-1' })
  const { shipmentId } = shipment
  const about = { key: shipmentId, payload: { shipmentId }, headers: {}, correlationId: 'cor-1' }
  await runtime.hub.publish([{ ...about, id: 'book', channel: 'work' }])
  await eventually(async () => (await runtime.compensation.of(shipmentId)).length === 1)
  partners.faults('refuse')
  await runtime.hub.publish([{ ...about, id: 'tell', channel: 'told' }])
  await eventually(async () => (await runtime.hub.store.messages.countDead({ subscription: 'erp' })) === 1)
  await runtime.lifecycle.apply(
    event('pickup.completed', 10, { shipmentId, provider: 'test-courier', occurredAt: now() }),
  )
  return shipmentId
}
