import assert from 'node:assert/strict'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { packageRoot } from '../../engine/package-root.ts'
import { readFlowFolder } from '../../nodes/settings/flow-files.ts'
import { launchBrowser, openEditor } from '../support/browser.ts'
import { type FlowNode, type RunningHub, startHub } from '../support/node-red.ts'

/** Where to put pictures of every tab; none are made without it. */
const PICTURES = process.env.CARTAGE_TEST_PICTURES

const FLOWS = readFlowFolder(join(packageRoot(), 'flows')).nodes as FlowNode[]
const TABS = FLOWS.filter(({ type }) => type === 'tab')

describe('every shipped tab in the editor, in a browser', function () {
  this.timeout(120_000)
  let hub: RunningHub
  let browser: Browser
  let page: Page
  let complaints: string[]

  before(async function () {
    browser = await launchBrowser(this)
    hub = await startHub()
    await hub.deploy(FLOWS)
    ;({ page, complaints } = await openEditor(browser, `${hub.url}/editor/`))
    await page.setViewportSize({ width: 2200, height: 1500 })
    await page.waitForFunction(`RED.nodes.workspace('${TABS[0]?.id}')`)
  })
  after(async () => {
    await browser?.close()
    await hub?.stop()
  })

  for (const tab of TABS)
    it(`${tab.label}: every node is known, named and filled in`, async () => {
      await page.evaluate(`RED.workspaces.show('${tab.id}')`)
      await page.waitForFunction(`RED.workspaces.active() === '${tab.id}'`)
      await page.evaluate(`document.querySelector('#red-ui-workspace-chart').scrollTo(0, 0)`)
      const own = FLOWS.filter(({ z, type }) => z === tab.id && type !== 'group')
      await page.waitForFunction(`document.querySelectorAll('.red-ui-flow-node').length >= ${own.length}`)
      if (PICTURES) await page.locator('#red-ui-workspace').screenshot({ path: join(PICTURES, `${tab.id}.png`) })
      const wrong = (await page.evaluate(`
        RED.nodes.filterNodes({ z: '${tab.id}' })
          .filter((node) => node.type === 'unknown' || node.valid === false)
          .map((node) => node.id + ' ' + node.type + ' ' + JSON.stringify(node.validationErrors ?? ''))`)) as string[]
      assert.deepEqual(wrong, [])
      assert.deepEqual(complaints, [])
    })
})
