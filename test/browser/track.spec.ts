import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import type { Position, Shipment } from '../../engine/canonical/index.ts'
import type { JsonObject } from '../../engine/json.ts'
import { type ApiServer, apiServer, keepShipment, ordersFlow, sampleShipment } from '../support/api-server.ts'
import { launchBrowser } from '../support/browser.ts'

const PICTURES = process.env.CARTAGE_TEST_PICTURES
const TOKEN = 'Zm9vYmFyYmF6cXV4MTIzNA'

describe("the customer's page on a phone", function () {
  this.timeout(60_000)
  let browser: Browser
  let hub: ApiServer
  before(async function () {
    browser = await launchBrowser(this)
  })
  after(() => browser?.close())
  beforeEach(async () => {
    hub = await apiServer()
    hub.api.commands.attach('rescheduleShipment', ordersFlow(hub.store, false))
  })
  afterEach(() => hub.close())

  /** The page as a phone without scripts shows it, and every request that it made. */
  async function open(shipment: Partial<Shipment>, options: BrowserContextOptions = {}) {
    await keepShipment(hub.store, sampleShipment(shipment))
    const phone = { viewport: { width: 390, height: 844 }, javaScriptEnabled: false, ...options }
    const context = await browser.newContext(phone)
    const page = await context.newPage()
    const asked: string[] = []
    const complaints: string[] = []
    page.on('request', (request) => asked.push(request.url().slice(hub.url.length)))
    page.on('console', (line) => complaints.push(line.text()))
    await page.goto(`${hub.url}/track/${TOKEN}`)
    return { page, asked, complaints }
  }
  async function picture(page: Page, name: string): Promise<void> {
    if (!PICTURES) return
    mkdirSync(PICTURES, { recursive: true })
    await page.screenshot({ path: join(PICTURES, `track-${name}.png`), fullPage: true })
  }
  const width = (page: Page) => page.locator('main').evaluate((main) => main.scrollWidth - main.clientWidth)

  const atDepot: Partial<Shipment> = { status: 'transit.arrived', rank: 40 }

  it('asks for a time and names a safe place without a script, and is one request', async () => {
    const { page, asked, complaints } = await open(atDepot)
    assert.deepEqual(asked, [`/track/${TOKEN}`])
    await page.getByText('Another time suits you better?').click()
    await page.getByText('Not at home?').click()
    await picture(page, 'wishes')
    assert.equal(await width(page), 0)
    await page.getByLabel('When may we come?').selectOption({ index: 2 })
    await page.getByRole('button', { name: 'Ask for this time' }).click()
    await page.getByRole('status').waitFor()
    await picture(page, 'asked')
    await page.reload()
    const { messages } = hub.store
    await messages.subscribe('orders.released', 'test')
    const [first, ...more] = await messages.claim('test', { limit: 5, leaseMs: 1000 })
    assert.equal((first!.message.payload as JsonObject).by, 'customer')
    assert.equal(more.length, 0)
    assert.deepEqual(complaints, [])
  })

  it('shows how far the van is, in the dark as well', async () => {
    const position: Position = {
      ...{ vehicleId: 'VAN-1', deviceId: 'd', at: '2026-03-02T09:55:00Z', lat: 40.735, lon: -74.02 },
      ...{ provider: 'p', receivedAt: '2026-03-02T09:55:01Z' },
    }
    await hub.store.documents.put<Position>('position', 'VAN-1', position, { expect: 0 })
    const { page, asked, complaints } = await open({ status: 'delivery.out_for_delivery' }, { colorScheme: 'dark' })
    await page.getByRole('img', { name: /The courier is about 2\.5 km north-west of you/ }).waitFor()
    await picture(page, 'dark')
    assert.equal(await width(page), 0)
    assert.deepEqual([asked.length, complaints], [1, []])
  })

  it('shows what was delivered, and what cannot be found, in German', async () => {
    const sample = sampleShipment()
    const delivered = { ...sample.timeline[1]!, eventId: 'd', type: 'delivery.completed' as const }
    const done: Partial<Shipment> = { status: 'delivery.completed', rank: 100 }
    const { page } = await open(
      { ...done, timeline: [...sample.timeline, delivered] },
      { locale: 'de-DE', viewport: { width: 320, height: 700 } },
    )
    await page.getByRole('heading', { name: 'Ihre Sendung wurde zugestellt' }).waitFor()
    assert.equal(await page.locator('form').count(), 0)
    assert.equal(await width(page), 0)
    await picture(page, 'delivered-de')
    await page.goto(`${hub.url}/track/0000000000000000`)
    await page.getByRole('heading', { name: 'Diese Lieferung ist nicht zu finden' }).waitFor()
    await picture(page, 'missing-de')
  })
})
