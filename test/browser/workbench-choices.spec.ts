import assert from 'node:assert/strict'
import { eventually } from '../support/eventually.ts'
import { account, node, partner, TAB } from '../support/flow-nodes.ts'
import { PARTNER, WorkbenchPage } from '../support/workbench.ts'

const WRITTEN = `( $r := body.k
  ? { "type": "order", "value": body.a }
  : { "type": "tracking", "value": body.b };
  { "rawCode": body.triggerName, "eta": body.gone, "shipmentRef": $r } )`
const MAPPER = node('mapper', 'canonical-mapper', [[], []], {
  ...{ name: '', partner: account(PARTNER), direction: 'in', entity: 'delivery-event' },
  ...{ mapping: WRITTEN, mappingType: 'jsonata' },
})

describe('choices and absent fields in the mapping workbench, in a browser', function () {
  this.timeout(60_000)
  let bench: WorkbenchPage

  before(async function () {
    bench = await WorkbenchPage.open(this, [TAB, partner(PARTNER), MAPPER])
    await bench.page.waitForFunction(`RED.nodes.node('mapper')`)
    await bench.page.locator('#mapper').dblclick()
    await bench.page.locator('#cartage-mapping-workbench button').click()
    await bench.value('rawCode').filter({ hasText: 'taskCompleted' }).waitFor()
    await bench.page.locator('.source .cartage-wb-search').fill('orderShortId')
  })
  after(() => bench?.close())

  const dialog = () => bench.page.locator('.cartage-wb-dialog')
  const drag = () => bench.source('body.data.task.orderShortId').dragTo(bench.target('shipmentRef.value'))

  it('says of a field that it is made of what this sample does not have, and draws no line to it', async () => {
    await bench.target('eta').locator('.origin', { hasText: 'not in this sample' }).waitFor()
    await bench.target('rawCode').locator('.origin', { hasText: '●' }).waitFor()
    await bench.page.locator('.cartage-wb-lines path[data-target=rawCode]').first().waitFor({ state: 'attached' })
    assert.equal(await bench.page.locator('.cartage-wb-lines path[data-target=eta]').count(), 0)
  })

  it('names the places where a field is made; letting go of the question writes nothing', async () => {
    await drag()
    await dialog().locator('button', { hasText: 'line 2: "value": body.a' }).waitFor()
    await bench.page.keyboard.press('Escape')
    await dialog().waitFor({ state: 'detached' })
    assert.equal(await bench.text(), WRITTEN)
  })

  it('writes at the place that is chosen, and asks whether the type beside it still holds', async () => {
    await drag()
    await dialog().locator('button', { hasText: 'line 3: "value": body.b' }).click()
    await dialog().locator('button', { hasText: 'Set the type to order' }).waitFor()
    const written = WRITTEN.replace('body.b', 'body.data.task.orderShortId')
    assert.equal(await bench.text(), written)
    await dialog().locator('button', { hasText: 'Set the type to order' }).click()
    await eventually(async () => (await bench.text()) === written.replace('"tracking"', '"order"'))
    await bench.value('shipmentRef.type').filter({ hasText: 'order' }).waitFor()
  })
})
