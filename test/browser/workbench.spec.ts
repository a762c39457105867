import assert from 'node:assert/strict'
import { eventually } from '../support/eventually.ts'
import { WorkbenchPage } from '../support/workbench.ts'

const comes = (check: () => Promise<void>) => eventually(() => check().then(() => true))

describe('the mapping workbench, in a browser', function () {
  this.timeout(60_000)
  let bench: WorkbenchPage

  before(async function () {
    bench = await WorkbenchPage.open(this)
  })
  after(() => bench?.close())

  it('is opened from the sidebar, where partners and their mappings are listed', async () => {
    const { page } = bench
    await page.evaluate(`RED.sidebar.show('cartage-mapping')`)
    await page.locator('[data-partner=onfleet] > summary').click()
    await page.locator('.cartage-side-mapping', { hasText: 'webhook' }).waitFor()
    await page.locator('[data-partner=onfleet] button', { hasText: 'Run golden samples' }).click()
    await page.locator('.cartage-side-mapping', { hasText: /webhook.*✓ \d+\/\d+/ }).waitFor()
    await page.locator('.cartage-side-mapping', { hasText: 'webhook' }).click()
    await page.locator('.cartage-wb').waitFor()
  })

  it('shows a sample with its values, and the canonical tree with types, what is required and what comes out', async () => {
    await bench.source('body.data.task').filter({ hasText: /{\d+}/ }).waitFor()
    await bench.source('body.data.task.completeAfter').filter({ hasText: '1772460000000' }).waitFor()
    const when = bench.target('occurredAt')
    await bench.value('occurredAt').filter({ hasText: '2026-03-02T14:32:02Z' }).waitFor()
    assert.equal(await when.locator('.type').textContent(), 'text · date-time')
    assert.equal(await when.locator('.required').count(), 1)
    assert.equal(await bench.target('reason').locator('.required').count(), 0)
    assert.equal(await bench.target('eventId').locator('.origin').textContent(), 'by the hub')
  })

  it('draws lines from the fields of the sample to the canonical fields', async () => {
    const line = bench.page.locator('.cartage-wb-lines path[data-target="occurredAt"]')
    await eventually(async () => (await line.count()) > 0)
  })

  it('lights up what makes a canonical field: the line of the text, the fields that it comes from', async () => {
    await bench.target('occurredAt').click()
    await comes(async () => assert.deepEqual(await bench.lit(), ['"occurredAt": $isoFromEpochMs($at)']))
    await bench.source('body.data.task.completionDetails.time').and(bench.page.locator('.lit')).waitFor()
    assert.ok((await bench.page.locator('.cartage-wb-lines path.lit').count()) > 0)
    await bench.panel('result').locator('[data-path="rawCode"]').click()
    await comes(async () => assert.match((await bench.lit())[0] ?? '', /^"rawCode"/))
  })

  it('shows where a field of the sample goes', async () => {
    await bench.page.locator('.source .cartage-wb-search').fill('taskId')
    await bench.source('body.taskId').click()
    await bench.target('shipmentRef.value').and(bench.page.locator('.lit')).waitFor()
    await bench.page.locator('.source .cartage-wb-search').fill('')
  })

  it('finds the part that the cursor is in', async () => {
    await bench.cursorBehind('"variant": $var')
    await bench.page.keyboard.press('ArrowRight')
    await bench.target('variant').and(bench.page.locator('.lit')).waitFor()
  })

  it('tries the mapping as one types: the result, what is wrong with it, and what is left out', async () => {
    const before = Number(await bench.tab('unused').locator('.cartage-wb-count').textContent())
    await bench.replace('"rawText": $notes ? $notes', '"rawText": body.data.task.shortId, "stopSequence": "two"')
    await bench
      .value('rawText')
      .filter({ hasText: /^(?!Left)/ })
      .waitFor()
    await bench.target('stopSequence').locator('.issue').waitFor()
    await bench.tab('problems').click()
    await bench
      .panel('problems')
      .locator('button', { hasText: /stopSequence.*value: two/s })
      .waitFor()
    await bench.tab('unused').click()
    assert.equal(Number(await bench.tab('unused').locator('.cartage-wb-count').textContent()), before - 1)
    await bench.panel('unused').locator('button', { hasText: 'body.data.task.completeAfter' }).click()
    await bench.source('body.data.task.completeAfter').and(bench.page.locator('.current')).waitFor()
  })

  it('says that a field is computed where the picture cannot follow', async () => {
    await bench.replace('"stopSequence": "two"', '"stopSequence": $sum([1, 2])')
    await bench.target('stopSequence').locator('.origin', { hasText: 'computed' }).waitFor()
  })

  it('underlines an error where it is, and keeps what the last good text gave in sight', async () => {
    await bench.cursorBehind('"stopSequence": ')
    await bench.page.keyboard.type(')')
    await bench.tab('problems').click()
    await bench
      .panel('problems')
      .locator('button', { hasText: /^\W*Line \d+, column \d+/ })
      .waitFor()
    const marked = await bench.page.evaluate<{ message: string; startLineNumber: number }[]>(
      'monaco.editor.getModelMarkers({ owner: "cartage" })',
    )
    assert.equal(marked.length, 1)
    await bench.page.locator('.cartage-wb-upper.stale').waitFor()
    await bench.value('occurredAt').filter({ hasText: '2026' }).waitFor()
    await bench.panel('problems').locator('button').click()
    const cursor = await bench.page.evaluate<number>('CartageWorkbench.current.code.editor.getPosition().lineNumber')
    assert.equal(cursor, marked[0]?.startLineNumber)
  })

  it('takes back and does again, whatever wrote the text', async () => {
    const { page } = bench
    const undo = page.locator('.cartage-wb-undo button').first()
    while (await undo.isEnabled()) await undo.click()
    assert.equal(await page.locator('#cartage-wb-save').isDisabled(), true)
    await page.locator('.cartage-wb-undo button').last().click()
    await comes(async () => assert.match(await bench.text(), /body\.data\.task\.shortId/))
    await page.keyboard.press('Control+z')
    await comes(async () => assert.doesNotMatch(await bench.text(), /body\.data\.task\.shortId/))
  })

  it('completes the fields of the sample, canonical fields and functions', async () => {
    const offered = (label: string) =>
      bench.page.locator('.suggest-widget .monaco-list-row', { hasText: label }).first()
    await bench.cursorBehind('"dedupKey": ')
    await bench.page.keyboard.type('$task.orderSh')
    await offered('orderShortId').waitFor()
    await bench.page.keyboard.press('Enter')
    await bench.page.keyboard.type(' & $isoFromEp')
    await offered('$isoFromEpochMs').waitFor()
    await bench.page.keyboard.press('Escape')
    await bench.cursorBehind('"rawCode": $kind & $trigger & $failure,')
    await bench.page.keyboard.type(' "stopSe')
    await offered('stopSequence').waitFor()
    await bench.page.keyboard.press('Escape')
    assert.match(await bench.text(), /"dedupKey": \$task\.orderShortId & /)
  })

  it('asks before it is left with changes', async () => {
    await bench.page.locator('#cartage-wb-close').click()
    await bench.dialog().locator('button', { hasText: 'Cancel' }).click()
    await bench.page.locator('.cartage-wb').waitFor()
    await bench.leave()
  })

  it('has nothing to complain about in the console', () => assert.deepEqual(bench.complaints, []))
})
