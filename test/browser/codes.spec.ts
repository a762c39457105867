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
    const { lifecycle } = hub.runtime
    const { shipment } = await lifecycle.create(order('SO-1'), { correlationId: 'cor-1' })
    const bookedAt = '2026-03-02T10:00:00Z'
    await lifecycle.recordBooking(shipment.shipmentId, { partner: 'test-courier', bookingId: 'B-1', bookedAt })
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
    const words = status === 'lost_by_us' ? 'Went missing at the hub' : undefined
    const at = `2026-03-02T14:${minute}:00Z`
    const body = JSON.stringify({ id: `${status}-${minute}`, status, ref: 'SO-1', at, words })
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
    await codes().locator('h3', { hasText: 'Inbox: codes not mapped yet' }).waitFor()
    await entry.locator('.cartage-codes-words', { hasText: 'Went missing at the hub' }).waitFor()
    for (const button of ['Map again', 'Leave'])
      assert.ok(await entry.locator('button', { hasText: button }).getAttribute('title'))
    await codes().locator('.cartage-codes-facts', { hasText: 'Leave: no meaning' }).waitFor()
    assert.equal((await shipment()).status, 'pickup.completed', 'it moves nothing')
    await picture('codes-inbox')
  })

  it('shows a message that had it, with personal data masked by role', async () => {
    await waiting('lost_by_us').locator('button', { hasText: 'Sample' }).click()
    await dialog().locator('pre', { hasText: '"lost_by_us"' }).waitFor()
    assert.deepEqual(await dialog().locator('footer button').allTextContents(), ['Close'])
    await page.keyboard.press('Escape')
    await dialog().waitFor({ state: 'detached' })
  })

  it('asks for the event, at its field, and says what an event does to a shipment', async () => {
    await waiting('lost_by_us').locator('button', { hasText: 'Map' }).first().click()
    const form = waiting('lost_by_us').locator('form')
    await form.locator('button[type=submit]').click()
    await form.locator('[role=alert]', { hasText: 'Choose an event' }).waitFor()
    assert.equal(await page.evaluate("document.activeElement.closest('label').classList.contains('type')"), true)
    await field(form, 'type').selectOption('pickup.failed')
    await form.locator('.cartage-codes-effect', { hasText: 'moves nothing' }).waitFor()
    await field(form, 'type').selectOption('shipment.lost')
    await form.locator('.cartage-codes-effect', { hasText: 'Moves the shipment forward to “Lost”' }).waitFor()
    assert.equal(await field(form, 'label').inputValue(), 'Went missing at the hub')
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
    await codes()
      .locator('[role=status]', { hasText: 'the 2 waiting messages were mapped again' })
      .waitFor({ timeout: 20_000 })
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
    await dialog().locator('button[type=submit]').first().click()
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
    await dialog().locator('[role=alert]', { hasText: 'Fill in: Why' }).waitFor()
    await dialog().locator('textarea').fill('never comes')
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

  it('takes one code after the other, with one button to go away', async () => {
    await codes().locator('button', { hasText: 'Add' }).click()
    assert.equal(await dialog().locator('button', { hasText: 'Cancel' }).count(), 1)
    await field(dialog(), 'type').selectOption('transit.moving')
    for (const code of ['hub_one', 'hub_two']) {
      await field(dialog(), 'code').fill(code)
      await dialog().locator('button', { hasText: 'Save and next' }).click()
      await row(code).waitFor()
      await eventually(async () => (await field(dialog(), 'code').inputValue()) === '')
    }
    await dialog().locator('button', { hasText: 'Cancel' }).click()
    await dialog().waitFor({ state: 'detached' })
  })

  it('takes a whole list, once it is complete, as one change with one reason', async () => {
    const { version } = hub.runtime.desk.codes('test-courier')
    await codes().locator('button', { hasText: 'Paste a list' }).click()
    await dialog()
      .locator('textarea')
      .fill('p1\ttransit.moving\t\tOn its way\np2\tHanded over to a neighbour\np3;delivery.eaten;By the dog')
    await dialog().locator('button', { hasText: 'Look at it' }).click()
    const line = (code: string) => dialog().locator(`tr[data-code="${code}"]`)
    await line('p3').locator('small.bad', { hasText: '“delivery.eaten” is no event' }).waitFor()
    await dialog().locator('button', { hasText: 'Save 3 codes' }).click()
    await dialog().locator('[role=alert]', { hasText: '2 lines are not complete' }).waitFor()
    await line('p2').locator('select').first().selectOption('delivery.completed')
    await line('p3').locator('select').first().selectOption('ignored')
    await dialog().locator('textarea').fill('their list of March')
    await picture('codes-list')
    await dialog().locator('button', { hasText: 'Save 3 codes' }).click()
    await row('p3').waitFor()
    const saved = hub.runtime.desk.codes('test-courier')
    assert.equal(saved.version, version + 1)
    assert.deepEqual(
      ['p1', 'p2', 'p3'].map((code) => saved.codes[code]),
      [
        { type: 'transit.moving', label: 'On its way' },
        { type: 'delivery.completed', label: 'Handed over to a neighbour' },
        { ignored: true, label: 'By the dog' },
      ],
    )
  })

  it('takes out several at once, with one question', async () => {
    for (const code of ['p1', 'p2', 'p3']) await row(code).locator('input').check()
    await codes().locator('button', { hasText: 'Take out 3 codes' }).click()
    await dialog().locator('textarea').fill('not in use')
    await dialog().locator('footer button', { hasText: 'Take out 3 codes' }).click()
    await row('p1').waitFor({ state: 'detached' })
    assert.equal(hub.runtime.desk.codes('test-courier').codes.p3, undefined)
  })

  it('leaves a code that is of no interest, out of the way', async () => {
    await tell('sneezed', 30)
    await waiting('sneezed').locator('button', { hasText: 'Leave' }).click()
    await codes().locator('.cartage-codes-left summary', { hasText: '(1)' }).waitFor()
    await codes().locator('.cartage-wb-empty', { hasText: 'Every code has a meaning' }).waitFor()
  })

  it('is told of in the sidebar of mappings as it comes in, with a word on what the number counts', async () => {
    await page.evaluate("RED.actions.invoke('cartage:show-mapping-tab')")
    const partner = page.locator('.cartage-side [data-partner=test-courier] summary')
    await partner.waitFor()
    assert.equal(await partner.locator('.cartage-wb-count.bad').count(), 0)
    assert.match((await partner.textContent()) ?? '', /1 mapping|\d+ mappings/)
    await tell('hiccup', 35)
    await partner.locator('.cartage-wb-count.bad[title="Inbox: 1 code is not mapped yet"]').waitFor()
    await page.locator('.cartage-side', { hasText: 'codes in the inbox' }).first().waitFor()
    await page.evaluate("RED.actions.invoke('cartage:show-codes-tab')")
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
