import assert from 'node:assert/strict'
import type { Browser, Page } from 'playwright-core'
import type { RoutingTable } from '../../engine/routing/table.ts'
import { launchBrowser, openEditor } from '../support/browser.ts'
import { order } from '../support/canonical.ts'
import { node, partner, TAB } from '../support/flow-nodes.ts'
import { type RunningHub, startHub } from '../support/node-red.ts'
import { testPartners, type TestPartners } from '../support/test-partner.ts'

const SELECTOR = node('select', 'provider-selector', [[], []], {
  ...{ name: '', version: 2, calendar: '', tries: 3 },
  table: {
    rows: [
      {
        name: 'to Germany',
        when: { countries: ['DE'] },
        candidates: [{ partner: 'test-courier' }],
        strategy: 'preference',
      },
      {
        name: 'the rest',
        when: {},
        candidates: [
          { partner: 'test-second', cost: '7' },
          { partner: 'test-third', cost: '5' },
        ],
        strategy: 'cheapest',
      },
    ],
  },
})
/** As it was saved before there was a table. */
const OLD = node('old', 'provider-selector', [[], []], {
  ...{ name: '', strategy: 'priority', y: 200 },
  rules: [{ partner: 'test-second', when: 'shipment.serviceLevel = "same_day"', cost: '' }],
})

describe('rules that choose a courier, in a browser', function () {
  this.timeout(60_000)
  let partners: TestPartners
  let hub: RunningHub
  let browser: Browser
  let page: Page
  let complaints: string[]

  before(async function () {
    browser = await launchBrowser(this)
    partners = await testPartners()
    hub = await startHub(partners.env)
    await hub.deploy([
      TAB,
      ...['test-courier', 'test-second', 'test-third'].map((slug) => partner(slug)),
      SELECTOR,
      OLD,
    ])
    await hub.runtime.lifecycle.create(order('SO-7'), { correlationId: 'c' })
    ;({ page, complaints } = await openEditor(browser, `${hub.url}/editor/`, { ready: 'provider-selector' }))
    await page.waitForFunction(`RED.nodes.node('select')`)
  })
  after(async () => {
    await browser?.close()
    await hub?.stop()
    await partners?.close()
  })

  const says = (selector: string, text: RegExp | string) => page.locator(selector, { hasText: text }).first().waitFor()
  const ask = async (subject: string) => {
    await page.locator('#cartage-routing-subject').fill(subject)
    await page.locator('#cartage-routing-ask').press('Enter')
  }
  const saved = async (id: string) => {
    await page.locator('#node-dialog-ok').click()
    await page.locator('#cartage-routing-rules').waitFor({ state: 'detached' })
    return page.evaluate(
      (one) =>
        JSON.parse(
          JSON.stringify(
            (window as never as { RED: { nodes: { node(id: string): { table: unknown } } } }).RED.nodes.node(one).table,
          ),
        ),
      id,
    ) as Promise<RoutingTable>
  }

  it('shows the table, and what would happen to an order: the row, each courier with its reasons, and the order', async () => {
    await page.locator('#select').dblclick()
    await says('.cartage-routing-rows td', 'DE')
    await ask('SO-7')
    await says('.cartage-routing-verdict', 'Third courier gets it, by the row "the rest".')
    await says('.cartage-routing-rows small.bad', 'it goes to US, not to DE')
    await says('.cartage-routing-result p', 'If it does not take it: Third courier → Second courier')
    const line = page.locator('.cartage-routing-tried tbody tr').first()
    await line.locator('td', { hasText: 'Third courier' }).waitFor()
    assert.equal(await line.locator('td').nth(3).textContent(), '5by the rule')
  })

  it('answers by what is being edited, not by what is deployed, and says what is wrong with it', async () => {
    await page.locator('.cartage-routing-open', { hasText: 'to Germany' }).click()
    await page.getByLabel('Countries of destination').fill('de, us')
    await page.getByLabel('Postcodes').fill('US 10000-10999')
    await ask(JSON.stringify(order('SO-8')))
    await says('.cartage-routing-verdict', 'Test courier gets it, by the row "to Germany".')
    await page.getByLabel('Postcodes').fill('US 9-1')
    await ask('SO-7')
    await says('.cartage-routing-result .bad', /"US 9-1"|"9-1" ends before it begins/)
    await page.getByLabel('Postcodes').fill('US 10000-10999')
    await ask('nobody knows this')
    await says('.cartage-routing-result .bad', 'nothing is known by this reference')
  })

  it('is edited by the keyboard, and saved as data', async () => {
    const first = page.locator('.cartage-routing-open').first()
    await first.focus()
    await first.press('Alt+ArrowDown')
    await page.waitForFunction(`document.activeElement.textContent.includes('to Germany')`)
    await page.keyboard.press('Alt+ArrowUp')
    await page.locator('.cartage-routing-add-candidate').press('Enter')
    await page.keyboard.type('Second')
    await page.getByLabel('Shipments a day').last().fill('40')
    await page.getByLabel('And by hours').last().fill('08:00-12:00 25')
    const { rows } = await saved('select')
    assert.deepEqual(rows[0], {
      name: 'to Germany',
      when: { countries: ['DE', 'US'], postcodes: 'US 10000-10999' },
      candidates: [
        { partner: 'test-courier' },
        { partner: 'test-second', perDay: 40, windows: [{ from: '08:00', to: '12:00', most: 25 }] },
      ],
      strategy: 'preference',
    })
    const deployed = page.waitForResponse(
      (response) => response.url().endsWith('/editor/flows') && response.request().method() === 'POST',
    )
    await page.locator('#red-ui-header-button-deploy').click()
    assert.equal((await deployed).status(), 200)
  })

  it('opens a node that was saved before there was a table, and brings it along', async () => {
    assert.equal(await page.evaluate(`RED.nodes.node('old').valid`), true)
    await page.locator('#old').dblclick()
    await says('.cartage-routing-rows td', 'Second courier')
    const { rows } = await saved('old')
    assert.deepEqual(rows, [
      {
        ...{ name: 'any shipment', when: {}, strategy: 'preference' },
        candidates: [{ partner: 'test-second', when: 'shipment.serviceLevel = "same_day"' }],
      },
    ])
  })

  it('has nothing to complain about but the questions that were refused', () => {
    assert.deepEqual(
      complaints.filter((line) => !/status of (404|422)/.test(line)),
      [],
    )
  })
})
