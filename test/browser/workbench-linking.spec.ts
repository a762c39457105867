import assert from 'node:assert/strict'
import { eventually } from '../support/eventually.ts'
import { account, node, partner, TAB } from '../support/flow-nodes.ts'
import { PARTNER, WorkbenchPage } from '../support/workbench.ts'

const WRITTEN = `{
  "type": "delivery.completed", /* always */
  "rawCode": body.triggerName,
  "shipmentRef": { "type": "order" }
}`
const MAPPER = node('mapper', 'canonical-mapper', [[], []], {
  ...{ name: '', partner: account(PARTNER), direction: 'in', entity: 'delivery-event' },
  ...{ mapping: WRITTEN, mappingType: 'jsonata' },
})

describe('fields onto fields in the mapping workbench, in a browser', function () {
  this.timeout(60_000)
  let bench: WorkbenchPage

  before(async function () {
    bench = await WorkbenchPage.open(this, [TAB, partner(PARTNER), MAPPER])
    await bench.page.waitForFunction(`RED.nodes.node('mapper')`)
    await bench.page.locator('#mapper').dblclick()
    await bench.page.locator('#cartage-mapping-workbench button').click()
    await bench.page.locator('.cartage-wb').waitFor()
    await bench.value('rawCode').filter({ hasText: 'taskCompleted' }).waitFor()
  })
  after(() => bench?.close())

  const find = (name: string) => bench.page.locator('.source .cartage-wb-search').fill(name)
  const says = (text: RegExp) => bench.page.locator('.cartage-wb-header .cartage-wb-said', { hasText: text }).waitFor()

  it('is opened from the dialog of a mapper, on the text that stands there', async () => {
    assert.equal(await bench.text(), WRITTEN)
    await bench.page.locator('.cartage-wb-header .cartage-wb-badge', { hasText: 'in this node' }).waitFor()
    await bench.target('occurredAt').locator('.issue', { hasText: 'is missing' }).waitFor()
  })

  it('writes the JSONata when a field is dragged onto a field, and leaves the rest of the text alone', async () => {
    await find('orderShortId')
    await bench.page.evaluate(`(() => {
      const set = DataTransfer.prototype.setDragImage
      DataTransfer.prototype.setDragImage = function (element, ...at) {
        window.dragged = element.textContent
        set.call(this, element, ...at)
      }
    })()`)
    await bench.source('body.data.task.orderShortId').dragTo(bench.target('shipmentRef.value'))
    assert.equal(await bench.page.evaluate('window.dragged'), 'body.data.task.orderShortId')
    await bench.value('shipmentRef.value').filter({ hasText: '80001042' }).waitFor()
    assert.equal(await bench.text(), WRITTEN.replace('"order" }', '"order", "value": body.data.task.orderShortId }'))
    await bench.page
      .locator('.cartage-wb-lines path.lit[data-target="shipmentRef.value"]')
      .waitFor({ state: 'attached' })
  })

  it('assigns with the keyboard: Enter picks a field, Enter assigns it', async () => {
    const { page } = bench
    await page.locator('.source [role=tree]').focus()
    await find('completeAfter')
    await bench.source('body.data.task.completeAfter').waitFor()
    await page.locator('.source [role=tree]').press('End')
    await page.keyboard.press('Enter')
    await says(/Picked body\.data\.task\.completeAfter/)
    await page.locator('.target [role=tree]:focus').waitFor()
    await page.keyboard.press('Home')
    for (let steps = 0; steps < 40; steps += 1) {
      if ((await page.locator('.target .current').getAttribute('data-path')) === 'occurredAt') break
      await page.keyboard.press('ArrowDown')
    }
    await page.keyboard.press('Enter')
    await bench.value('occurredAt').filter({ hasText: '2026-03-02T14:00:00' }).waitFor()
    // The number is milliseconds: that is written, and said.
    assert.match(await bench.text(), /"occurredAt": \$isoFromEpochMs\(body\.data\.task\.completeAfter\)/)
    await says(/milliseconds since 1970/)
  })

  it('walks from part to part with F6, also out of the text', async () => {
    const { page } = bench
    await page.locator('.source [role=tree]').focus()
    for (const place of [
      '.target [role=tree]',
      '.cartage-wb-text',
      '.cartage-wb-panels [role=tab]',
      '.source [role=tree]',
    ]) {
      await page.keyboard.press('F6')
      await page.locator(`${place}:focus, ${place} :focus`).first().waitFor({ state: 'attached' })
    }
  })

  it('names an item of a list by its name, not by its place', async () => {
    await find('')
    await bench.paste({
      triggerName: 'taskCompleted',
      refs: [
        { name: 'order', value: 'A1' },
        { name: 'parcel', value: 'B2' },
      ],
    })
    await bench.source('body.refs[1].value').dragTo(bench.target('shipmentRef.value'))
    await bench.value('shipmentRef.value').filter({ hasText: 'B2' }).waitFor()
    assert.match(await bench.text(), /"value": body\.refs\[name = "parcel"\]\.value/)
  })

  it('does not guess: what does not fit is refused with what to write instead', async () => {
    const before = await bench.text()
    await find('taskCompleted')
    await bench.source('body.triggerName').dragTo(bench.target('occurredAt'))
    await says(/no time/)
    assert.equal(await bench.text(), before)
  })

  it('has one history for drags and for what is typed', async () => {
    const { page } = bench
    const undo = page.locator('.cartage-wb-undo button').first()
    await bench.cursorBehind('/* always')
    await page.keyboard.type(' so')
    await undo.click()
    await eventually(async () => !/always so/.test(await bench.text()))
    await undo.click()
    await eventually(async () => !/refs/.test(await bench.text()))
    await undo.click()
    await undo.click()
    await eventually(async () => (await bench.text()) === WRITTEN)
    await page.locator('.cartage-wb-undo button').last().click()
    await eventually(async () => /orderShortId/.test(await bench.text()))
  })

  it('suggests fields for empty ones with reasons, and writes one only when it is applied', async () => {
    await bench.page.locator('.cartage-wb-sample').selectOption('template:webhook.taskCompleted.json')
    const before = await bench.text()
    await bench.target('occurredAt').locator('.suggested').waitFor()
    await bench.tab('suggestions').click()
    const row = bench.panel('suggestions').locator('[data-target=occurredAt] .cartage-wb-suggestion', {
      hasText: '(body.data.task.completionDetails.time)',
    })
    assert.notEqual(await row.locator('small').textContent(), '')
    assert.equal(await bench.text(), before)
    await row.locator('button', { hasText: 'Apply' }).click()
    await bench
      .value('occurredAt')
      .filter({ hasText: /^2026-/ })
      .waitFor()
    await bench.panel('suggestions').locator('[data-target=occurredAt]').waitFor({ state: 'detached' })
  })

  it('keeps the mapping in the node, with the samples that it was written with', async () => {
    const { page } = bench
    await page.locator('.cartage-wb-ends button', { hasText: 'Keep in this node' }).click()
    await page.locator('.cartage-wb').waitFor({ state: 'detached' })
    await page.locator('#node-dialog-ok').click()
    const kept = await eventually(() =>
      page.evaluate<Record<string, string>>(
        `(({ mapping, samples, changed }) => changed && ({ mapping, samples }))(RED.nodes.node('mapper'))`,
      ),
    )
    assert.match(kept.mapping ?? '', /"value": body\.data\.task\.orderShortId/)
    assert.equal(kept.samples, 'map/webhook.jsonata')
  })

  it('has nothing to complain about but what was refused', () =>
    assert.deepEqual(
      bench.complaints.filter((line) => !line.includes('422')),
      [],
    ))
})
