import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { launchBrowser, openEditor } from '../support/browser.ts'
import { order } from '../support/canonical.ts'
import { COURIER_FLOW } from '../support/courier-flow.ts'
import { eventually } from '../support/eventually.ts'
import { TAB } from '../support/flow-nodes.ts'
import { type RunningHub, startHub } from '../support/node-red.ts'
import { signed, type TestPartners, testPartners } from '../support/test-partner.ts'

/** Where to leave pictures for people; nowhere when unset. */
const PICTURES = process.env.CARTAGE_TEST_PICTURES

describe('partner codes in the editor, in a browser', function () {
  this.timeout(60_000)
  let browser: Browser
  let partners: TestPartners
  let hub: RunningHub
  let page: Page
  let complaints: string[]

  before(async function () {
    browser = await launchBrowser(this)
    partners = await testPartners()
    hub = await startHub(partners.env)
    await hub.deploy([TAB, ...COURIER_FLOW])
    await hub.runtime.lifecycle.create(order('SO-1'), { correlationId: 'cor-1' })
    ;({ page, complaints } = await openEditor(browser, `${hub.url}/editor/`))
    page.setDefaultTimeout(10_000)
    await page.waitForFunction('window.CartageCodes && RED.workspaces.count() > 0')
  })
  after(async () => {
    await browser?.close()
    await hub?.stop()
    await partners?.close()
  })

  const tell = async (status: string, minute: number) => {
    const body = JSON.stringify({ id: `${status}-${minute}`, status, ref: 'SO-1', at: `2026-03-02T14:${minute}:00Z` })
    assert.equal((await fetch(`${hub.url}/webhooks/test-courier`, signed(body))).status, 202)
  }
  const shipment = async () => (await hub.runtime.lifecycle.findByReference('SO-1'))[0]!
  const codes = () => page.locator('.cartage-codes-tab .cartage-codes')
  const waiting = (code: string) => codes().locator(`.cartage-codes-inbox [data-code="${code}"]`)
  const row = (code: string) => codes().locator(`.cartage-codes-table [data-code="${code}"]`)
  const dialog = () => page.locator('.cartage-wb-dialog')
  const field = (within: ReturnType<typeof codes>, name: string) =>
    within.locator(`.cartage-codes-field.${name}`).locator('select, input')
  async function picture(name: string) {
    if (PICTURES === undefined) return
    mkdirSync(PICTURES, { recursive: true })
    await page.screenshot({ path: join(PICTURES, `${name}.png`) })
  }

  it('says that nothing waits while every code is known', async () => {
    await page.evaluate("RED.actions.invoke('cartage:show-codes-tab')")
    await page.locator('.cartage-codes-tab select').first().selectOption('test-courier')
    await codes().locator('.cartage-wb-empty', { hasText: 'Every code has a meaning' }).waitFor()
    assert.equal(await codes().locator('.cartage-codes-row').count(), 3)
  })

  it('shows a code that nobody has mapped as it comes in, with how often and since when', async () => {
    await tell('picked_up', 10)
    await tell('lost_by_us', 20)
    await tell('lost_by_us', 25)
    const entry = waiting('lost_by_us')
    await entry.locator('.cartage-wb-count', { hasText: '2 ×' }).waitFor()
    assert.match(
      (await entry.locator('.cartage-codes-facts').textContent()) ?? '',
      /first seen .*, last .* · 2 waiting/,
    )
    assert.equal((await shipment()).status, 'pickup.completed', 'it moves nothing')
    await picture('codes-inbox')
  })

  it('shows a message that had it, with personal data masked by role', async () => {
    await waiting('lost_by_us').locator('button', { hasText: 'Sample' }).click()
    await dialog().locator('pre', { hasText: '"lost_by_us"' }).waitFor()
    await page.keyboard.press('Escape')
    await dialog().waitFor({ state: 'detached' })
  })

  it('says at the field what the hub has against a meaning', async () => {
    await waiting('lost_by_us').locator('button', { hasText: 'Map' }).first().click()
    const form = waiting('lost_by_us').locator('form')
    await form.locator('button[type=submit]').click()
    await form.locator('[role=alert]', { hasText: 'must be an event of a shipment' }).waitFor()
    assert.equal(await page.evaluate("document.activeElement.closest('label').classList.contains('type')"), true)
  })

  it('gives it a meaning by keyboard, and the messages that waited move the shipment', async () => {
    const form = waiting('lost_by_us').locator('form')
    await field(form, 'type').selectOption('shipment.lost')
    await field(form, 'reason').selectOption('carrier.loss')
    await form.locator('.actionRequired input').check()
    await field(form, 'label').fill('Lost by us')
    await field(form, 'why').fill('new in their API')
    await picture('codes-form')
    await field(form, 'why').press('Enter')
    await row('lost_by_us').waitFor()
    await eventually(async () => (await shipment()).status === 'shipment.lost', 15_000)
    await waiting('lost_by_us').waitFor({ state: 'detached', timeout: 20_000 })
    await codes().locator('.cartage-wb-empty', { hasText: 'Every code has a meaning' }).waitFor()
    assert.match(
      (await row('lost_by_us').textContent()) ?? '',
      /Lost.*Lost by the carrier.*somebody has to act.*Lost by us/,
    )
    const told = (await shipment()).timeline.filter(({ type }) => type === 'shipment.lost')
    assert.equal(told.length, 2)
    await picture('codes-mapped')
  })

  it('finds, adds, changes and takes out codes of the table', async () => {
    await codes().locator('button', { hasText: 'Add' }).click()
    await field(dialog(), 'code').fill('billed')
    await field(dialog(), 'kind').selectOption('ignored')
    await field(dialog(), 'label').fill('an invoice of the account')
    await dialog().locator('button[type=submit]').click()
    await row('billed').waitFor()
    await codes().locator('input[type=search]').fill('invoice of')
    await eventually(async () => (await codes().locator('.cartage-codes-row').count()) === 1)
    await codes().locator('input[type=search]').fill('')

    await row('arrived').locator('button').first().click()
    await field(dialog(), 'attempt').selectOption('new')
    await dialog().locator('button[type=submit]').click()
    await row('arrived').locator('small', { hasText: 'begins a new attempt' }).waitFor()

    await row('billed').locator('button').last().click()
    await dialog().locator('button', { hasText: 'Take it out' }).click()
    await row('billed').waitFor({ state: 'detached' })
    assert.equal(hub.runtime.profiles.get('test-courier')?.codes.billed, undefined)
  })

  it('takes changes back, and tells who changed what and why', async () => {
    await codes().locator('button[title="Take the last change back"]').click()
    await row('billed').waitFor()
    await codes().locator('.cartage-codes-history summary').click()
    const history = codes().locator('.cartage-codes-history li')
    await history.filter({ hasText: 'took changes back' }).first().waitFor()
    await history
      .filter({ hasText: 'new in their API' })
      .filter({ hasText: 'lost_by_us nothing → shipment.lost, carrier.loss, Lost by us' })
      .waitFor()
    await picture('codes-history')
  })

  it('leaves a code that is of no interest, out of the way', async () => {
    await tell('sneezed', 30)
    await waiting('sneezed').locator('button', { hasText: 'Leave' }).click()
    await codes().locator('.cartage-codes-left summary', { hasText: '(1)' }).waitFor()
    await codes().locator('.cartage-wb-empty', { hasText: 'Every code has a meaning' }).waitFor()
  })

  it('looks as it should in the dark, too', async () => {
    await tell('nebulous', 40)
    await waiting('nebulous').waitFor()
    await page.evaluate("document.documentElement.classList.add('nr-theme-dark')")
    await picture('codes-dark')
    const [text, ground] = await page.evaluate(() => {
      const element = document.querySelector('.cartage-codes-inbox code')!
      const style = getComputedStyle(element)
      return [style.color, style.backgroundColor]
    })
    assert.notEqual(text, ground)
    // The refusal above is one, and was meant to be.
    assert.deepEqual(
      complaints.filter((line) => !line.includes('422')),
      [],
    )
  })
})
