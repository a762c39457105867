import assert from 'node:assert/strict'
import type { Browser, Page } from 'playwright-core'
import { launchBrowser, openEditor } from '../support/browser.ts'
import { node, TAB } from '../support/flow-nodes.ts'
import { type RunningHub, startHub } from '../support/node-red.ts'

const HOURS = { mon: '', tue: '', wed: '', thu: '', fri: '', sat: '', sun: '' }
/** The weekday after tomorrow: the one day on which the calendar is open. */
const OPEN = Object.keys(HOURS)[(new Date().getUTCDay() + 1) % 7]!
const CALENDAR = { id: 'desk', type: 'business-calendar', name: 'claims desk', zone: 'UTC', cutOff: '', holidays: '' }
const TIMER = node('timer', 'sla-timer', [[], []], {
  ...{ name: '', timer: 'claim-answered', action: 'start', key: '', keyType: 'auto' },
  ...{ minutes: '30', minutesType: 'num', unit: 'hours', calendar: 'desk', warnAt: 80 },
})
/** As it was saved before there were units and calendars. */
const OLD_TIMER = node('old', 'sla-timer', [[], []], {
  ...{ name: '', timer: 'missing-pod', action: 'start', key: '', keyType: 'auto' },
  ...{ minutes: '90', minutesType: 'num', warnAt: 80, y: 200 },
})

describe('business hours in the editor, in a browser', function () {
  this.timeout(60_000)
  let hub: RunningHub
  let browser: Browser
  let page: Page
  let complaints: string[]

  before(async function () {
    browser = await launchBrowser(this)
    hub = await startHub()
    await hub.deploy([TAB, { ...CALENDAR, ...HOURS, [OPEN]: '00:00-24:00' }, TIMER, OLD_TIMER])
    ;({ page, complaints } = await openEditor(browser, `${hub.url}/editor/`))
    await page.waitForFunction(`RED.nodes.node('timer')`)
  })
  after(async () => {
    await browser?.close()
    await hub?.stop()
  })

  const says = (selector: string, text: RegExp) => page.locator(selector, { hasText: text }).waitFor()
  const preview = { says: (text: RegExp) => says('#cartage-timer-preview', text) }
  const tried = { says: (text: RegExp) => says('#cartage-calendar-preview', text) }

  it('shows when the time would be over, and the calendar is edited in a table', async () => {
    await page.locator('#timer').dblclick()
    // thirty hours of one day a week: six hours into the second one
    await preview.says(new RegExp(`due ${OPEN}, .*06:00 AM\\.`, 'i'))
    await page.locator('#node-input-btn-calendar-edit').click()
    await page.locator('#node-config-input-wed').waitFor()
    await tried.says(/due/)

    await page.locator('#node-config-input-wed').fill('late')
    await tried.says(/wed: "late" is no span like 08:00-17:30/)
    await page.locator('#node-config-input-wed').press('Tab')
    await page.locator('#node-config-input-wed.input-error').waitFor()
    for (const day of Object.keys(HOURS)) await page.locator(`#node-config-input-${day}`).fill('')
    await tried.says(/no opening hours/)
    await page.locator('#node-config-input-tue').fill('10:00-20:00')
    await page.locator('#node-config-input-holidays').fill('1999-12-31 long ago')
    await page.locator('#cartage-calendar-amount').fill('2')
    await page.locator('#cartage-calendar-unit').selectOption('end-of-day')
    await tried.says(/due Tue, .*08:00 PM\./)
    await page.locator('#node-config-dialog-ok').click()
  })

  it('asks again with the edited calendar, and offers open days', async () => {
    await page.locator('#node-input-minutes').waitFor({ state: 'attached' })
    await page.locator('#node-input-unit').selectOption('days')
    await preview.says(/due Tue, /)
    await page.locator('#node-dialog-ok').click()
    const deployed = page.waitForResponse(
      (response) => response.url().endsWith('/editor/flows') && response.request().method() === 'POST',
    )
    await page.locator('#red-ui-header-button-deploy').click()
    assert.equal((await deployed).status(), 200)
    const flows = (await (await fetch(`${hub.url}/editor/flows`)).json()) as { id: string; [field: string]: unknown }[]
    const desk = flows.find(({ id }) => id === 'desk')
    assert.deepEqual([desk?.['tue'], desk?.['holidays']], ['10:00-20:00', '1999-12-31 long ago'])
    assert.equal(flows.find(({ id }) => id === 'timer')?.['unit'], 'days')
  })

  it('opens a timer that was saved before there were calendars, with minutes that simply pass', async () => {
    assert.equal(await page.evaluate(`RED.nodes.node('old').valid`), true)
    await page.locator('#old').dblclick()
    await preview.says(/due/)
    assert.equal(await page.locator('#node-input-unit').inputValue(), 'minutes')
    assert.deepEqual(await page.locator('#node-input-unit option').allTextContents(), [
      'minutes',
      'hours',
      'days of 24 hours',
    ])
    await page.locator('#node-dialog-cancel').click()
  })

  it('has nothing to complain about but the questions that were refused', () => {
    assert.deepEqual(
      complaints.filter((line) => !line.includes('422')),
      [],
    )
  })
})
