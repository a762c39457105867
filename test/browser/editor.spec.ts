import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { cp, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import type { Order } from '../../engine/canonical/types.ts'
import { packageRoot } from '../../engine/package-root.ts'
import { readFlowFolder } from '../../nodes/settings/flow-files.ts'
import { launchBrowser, openEditor } from '../support/browser.ts'
import { eventually } from '../support/eventually.ts'
import { type RunningHub, startHub } from '../support/node-red.ts'
import { temporaryFolder } from '../support/temp.ts'

const SECRET = '00112233445566778899aabbccddeeff'
const SAMPLES = join(packageRoot(), 'templates/couriers/onfleet/samples')
const PALETTE = [
  'webhook-in',
  'poll-in',
  'file-in',
  'file-out',
  'edi',
  'api-in',
  'event-in',
  'event-out',
  'telematics-in',
  'canonical-mapper',
  'idempotency-guard',
  'shipment-lifecycle',
  'provider-selector',
  'provider-connector',
  'erp-poster',
  'sla-timer',
  'kpi',
  'dead-letter',
  'pod-vault',
  'compensate',
  'customer-notice',
]

describe('the editor in a browser', function () {
  this.timeout(90_000)
  let hub: RunningHub
  let folder: ReturnType<typeof temporaryFolder>
  let browser: Browser
  let page: Page
  let complaints: string[]

  before(async function () {
    browser = await launchBrowser(this)
    folder = temporaryFolder()
    // A copy: what is deployed here must not change the flows of the repository.
    await cp(join(packageRoot(), 'flows'), join(folder.path, 'flows'), { recursive: true })
    hub = await startHub({ CARTAGE_FLOWS: join(folder.path, 'flows'), CARTAGE_ONFLEET_WEBHOOK_SECRET: SECRET })
    ;({ page, complaints } = await openEditor(browser, `${hub.url}/editor/`))
    await page.waitForFunction('RED.nodes.getWorkspaceOrder().length > 1')
  })
  after(async () => {
    await browser?.close()
    await hub?.stop()
    folder?.remove()
  })

  /** A webhook of the samples, signed as Onfleet signs: HMAC-SHA512, the secret decoded from hex. */
  async function sendWebhook(sample: string): Promise<number> {
    const body = await readFile(join(SAMPLES, sample))
    const signature = createHmac('sha512', Buffer.from(SECRET, 'hex')).update(body).digest('hex')
    const headers = { 'content-type': 'application/json', 'x-onfleet-signature': signature }
    const response = await fetch(`${hub.url}/webhooks/onfleet`, { method: 'POST', headers, body })
    return response.status
  }

  async function timeline() {
    const [shipment] = await hub.runtime.lifecycle.findByReference('80001042')
    return shipment?.timeline ?? []
  }

  it('shows the whole palette under logistics', async () => {
    const category = page
      .locator('#red-ui-palette-container .red-ui-palette-category', { hasText: 'logistics' })
      .first()
    for (const type of PALETTE)
      assert.equal(await category.locator(`[data-palette-type="${type}"]`).count(), 1, `${type} is missing`)
  })

  it('opens every flow that comes with the hub, each node known and well configured', async () => {
    const tabs = await page.evaluate<[string, number][]>(`RED.nodes.getWorkspaceOrder().map((id) => {
      RED.workspaces.show(id)
      const nodes = RED.nodes.filterNodes({ z: id })
      return [RED.nodes.workspace(id).label, nodes.filter((node) => node.type === 'unknown' || node.valid === false).length]
    })`)
    const shipped = readFlowFolder(join(packageRoot(), 'flows')).nodes.filter(({ type }) => type === 'tab')
    assert.deepEqual(
      tabs.map(([label]) => label),
      shipped.map(({ label }) => label),
    )
    for (const [label, wrong] of tabs)
      assert.equal(wrong, 0, `${label} has nodes that are unknown or not well configured`)
  })

  it('changes a mapping, deploys it, and the next event is mapped the new way', async () => {
    const order = JSON.parse(await readFile(join(packageRoot(), 'docs/examples/first-order.json'), 'utf8')) as Order
    const { shipment } = await hub.runtime.lifecycle.create(order, { correlationId: 'browser-test' })
    const booking = { partner: 'onfleet', bookingId: 'browser-test', bookedAt: '2026-03-02T10:00:00Z' }
    await hub.runtime.lifecycle.recordBooking(shipment.shipmentId, booking)
    assert.ok((await sendWebhook('webhook.taskStarted.json')) < 300)
    const [first] = await eventually(async () => {
      const entries = await timeline()
      assert.equal(entries.length, 1)
      return entries
    })
    assert.notEqual(first?.rawText, 'mapped the new way')

    await page.evaluate(`RED.workspaces.show('tab-courier-events')`)
    await page.locator('#map-onfleet').dblclick()
    await page.locator('#node-input-mappingType').selectOption('jsonata')
    await page.locator('#cartage-mapping-start option', { hasText: 'webhook.jsonata' }).waitFor({ state: 'attached' })
    await page.locator('#cartage-mapping-start').selectOption({ value: 'webhook.jsonata' })
    const editor = `RED.editor.getEditStack().at(-1).mappingEditor`
    await page.waitForFunction(`${editor}.getValue().includes('taskCompleted')`)
    // Typed at the end, as an analyst would who wants the text of every event to say so.
    await page.evaluate(
      `${editor}.setValue(${editor}.getValue() + ' ~> $map(function($event) { $merge([$event, { "rawText": "mapped the new way" }]) })', 1)`,
    )
    await page.locator('#node-dialog-ok').click()
    const deployed = page.waitForResponse(
      (response) => response.url().endsWith('/editor/flows') && response.request().method() === 'POST',
    )
    await page.locator('#red-ui-header-button-deploy').click()
    // The golden samples say otherwise, so it is asked twice.
    for (const answer of ['Deploy anyway', 'Yes, deploy'])
      await page.locator('.cartage-wb-dialog button', { hasText: answer }).click()
    assert.equal((await deployed).status(), 200)

    // Between undeploy and deploy the courier is told to come again.
    await eventually(async () => (await sendWebhook('webhook.taskCompleted.json')) < 300)
    const completed = await eventually(async () => {
      const entry = (await timeline()).find(({ type }) => type === 'delivery.completed')
      assert.ok(entry)
      return entry
    })
    assert.equal(completed.rawText, 'mapped the new way')
    const saved = await readFile(join(folder.path, 'flows/courier-events.json'), 'utf8')
    assert.match(saved, /mapped the new way/)
  })

  it('has nothing to complain about in the console', () => {
    assert.deepEqual(complaints, [])
  })
})
