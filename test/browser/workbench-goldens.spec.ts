import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventually } from '../support/eventually.ts'
import { account, node, partner, TAB } from '../support/flow-nodes.ts'
import { PARTNER, WorkbenchPage } from '../support/workbench.ts'

const MAPPER = node('mapper', 'canonical-mapper', [[], []], {
  ...{ name: 'news', partner: account(PARTNER), direction: 'in', entity: 'delivery-event' },
  ...{ mapping: 'webhook.jsonata', mappingType: 'template', samples: '' },
})

describe('golden samples and saving in the mapping workbench, in a browser', function () {
  this.timeout(60_000)
  let bench: WorkbenchPage

  before(async function () {
    bench = await WorkbenchPage.open(this, [TAB, partner(PARTNER), MAPPER])
    await bench.page.waitForFunction(`RED.nodes.node('mapper')`)
  })
  after(() => bench?.close())

  const dialog = (title: RegExp) =>
    bench.page.locator('.cartage-wb-dialog', { has: bench.page.locator('h3', { hasText: title }) })
  const golden = (name: string) =>
    bench
      .panel('goldens')
      .locator('details')
      .filter({ has: bench.page.locator('summary', { hasText: new RegExp(`^ ?${name} `) }) })
  const onDisk = (file: string) => readFileSync(join(bench.folder, file), 'utf8')
  const press = (text: string) => bench.dialog().last().locator('footer button', { hasText: text }).click()

  /** What would change is shown and agreed to, and a reason is given, as with any other change. */
  async function takeBack(why: string) {
    await bench.panel('history').locator('button', { hasText: 'Undo' }).click()
    await dialog(/back\?/)
      .locator('p', { hasText: /golden samples/ })
      .waitFor()
    await bench.dialog().locator('input[type=checkbox]').check()
    await press('Take it back')
    await bench.dialog().locator('[role=alert]', { hasText: 'Fill in: Why' }).waitFor()
    await bench.dialog().locator('textarea').fill(why)
    await press('Take it back')
    await bench.dialog().waitFor({ state: 'detached' })
  }

  it('runs all golden samples against the text as it is written, and shows what differs', async () => {
    await bench.start()
    await bench.tab('goldens').click()
    await bench
      .panel('goldens')
      .locator('[role=status]', { hasText: /all \d+ as agreed/ })
      .waitFor()
    await bench.replace('"rawText": $notes ? $notes', '"rawText": "by the driver"')
    await bench
      .panel('goldens')
      .locator('[role=status]', { hasText: /\d+ of \d+ differ/ })
      .waitFor()
    await golden('webhook.taskCompleted').locator('summary').click()
    const row = golden('webhook.taskCompleted').locator('tr.changed')
    assert.match((await row.locator('th').textContent()) ?? '', /rawText/)
    assert.equal(await row.locator('td.before').textContent(), '"Left with reception"')
    assert.equal(await row.locator('td.after').textContent(), '"by the driver"')
  })

  it('accepts a new golden only with a reason', async () => {
    const before = onDisk('samples/webhook.taskCompleted.canonical.json')
    await golden('webhook.taskCompleted').locator('button', { hasText: 'Accept' }).click()
    await press('Accept as golden')
    await bench.dialog().locator('[role=alert]', { hasText: 'Fill in' }).waitFor()
    assert.equal(onDisk('samples/webhook.taskCompleted.canonical.json'), before)
    await bench.dialog().locator('textarea').fill('the driver says it in his own words')
    await press('Accept as golden')
    await bench.dialog().waitFor({ state: 'detached' })
    await golden('webhook.taskCompleted').locator('summary .good').waitFor()
    assert.match(onDisk('samples/webhook.taskCompleted.canonical.json'), /by the driver/)
  })

  it('keeps a message as a golden sample: what is replaced by what is seen before, and can be chosen', async () => {
    await bench.receive('message-two', 'webhook.taskFailed.json')
    await bench.leave()
    await bench.start()
    const messages = bench.page.locator('.cartage-wb-sample optgroup').last().locator('option')
    await bench.page.locator('.cartage-wb-sample').selectOption((await messages.first().getAttribute('value')) ?? '')
    await bench.value('type').filter({ hasText: 'delivery.attempt_failed' }).waitFor()
    await bench.tab('goldens').click()
    await bench.panel('goldens').locator('button', { hasText: 'Add this sample' }).click()
    await bench.dialog().locator('input[type=text]').fill('nobody-home')
    const row = (path: string) =>
      bench
        .dialog()
        .locator('.cartage-wb-privacy tr')
        .filter({ has: bench.page.locator(`input[data-path="${path}"]`) })
    const name = row('body.data.task.recipients.name')
    await name.waitFor()
    assert.match((await name.locator('td').first().textContent()) ?? '', /^[Xx ]+$/)
    assert.ok(await name.locator('input').isChecked())
    await bench.dialog().locator('.cartage-wb-privacy summary').click()
    const id = row('body.taskId')
    await id.locator('input').check()
    await id.locator('td.after').waitFor()
    await press('Add this sample')
    await dialog(/Golden sample added/)
      .locator('li', { hasText: 'recipients' })
      .first()
      .waitFor()
    await bench.page.keyboard.press('Escape')
    await golden('webhook.nobody-home').locator('summary .good').waitFor()
    const kept = onDisk('samples/webhook.nobody-home.json')
    assert.doesNotMatch(kept, /Jordan Sample|15550100102/)
    const { taskId } = JSON.parse(readFileSync(join(bench.folder, 'samples/webhook.taskFailed.json'), 'utf8'))
    assert.notEqual(JSON.parse(kept).taskId, taskId)
    assert.ok(existsSync(join(bench.folder, 'samples/webhook.nobody-home.canonical.json')))
  })

  it('says before saving who uses the mapping and what would change, and saves with a reason', async () => {
    await bench.replace('"rawText": $notes ? $notes', '"rawText": "saved from here"')
    await bench.value('rawText').filter({ hasText: 'saved from here' }).waitFor()
    await bench.page.locator('#cartage-wb-save').click()
    await bench.dialog().locator('li', { hasText: 'news' }).waitFor()
    await bench
      .dialog()
      .locator('p', { hasText: /golden samples would come out differently/ })
      .waitFor()
    await bench.dialog().locator('textarea').fill('a try')
    await press('Save to template')
    await bench.dialog().locator('[role=alert]', { hasText: 'say that they are meant' }).waitFor()
    await bench.dialog().locator('input[type=checkbox]').check()
    await press('Save to template')
    await bench.dialog().waitFor({ state: 'detached' })
    assert.match(onDisk('map/webhook.jsonata'), /saved from here/)
    assert.match(bench.hub.runtime.profiles.get(PARTNER)?.mappings['map/webhook.jsonata'] ?? '', /saved from here/)
    assert.equal(await bench.page.locator('#cartage-wb-save').isDisabled(), true)
  })

  it('does not write over what somebody else has saved meanwhile, unless told to', async () => {
    const url = `${bench.hub.url}/editor/cartage/desk/${PARTNER}/file`
    const theirs = await fetch(url, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ path: 'map/webhook.jsonata', text: '[]', why: 'quiet for now' }),
    })
    assert.equal(theirs.status, 200)
    await bench.replace('saved from here', 'saved after all')
    await bench.value('rawText').filter({ hasText: 'saved after all' }).waitFor()
    await bench.page.locator('#cartage-wb-save').click()
    await bench.dialog().locator('input[type=checkbox]').check()
    await bench.dialog().locator('textarea').fill('mine')
    await press('Save to template')
    await dialog(/Somebody else/)
      .locator('pre', { hasText: '[]' })
      .waitFor()
    assert.equal(onDisk('map/webhook.jsonata'), '[]')
    await press('Replace it with mine')
    await bench.dialog().first().waitFor({ state: 'detached' })
    await eventually(() => /saved after all/.test(onDisk('map/webhook.jsonata')))
  })

  it('tells the history of the mapping, and takes the last change back', async () => {
    await bench.tab('history').click()
    await bench.panel('history').locator('li', { hasText: 'mine' }).waitFor()
    await bench.panel('history').locator('li', { hasText: 'As it came with the template' }).waitFor()
    assert.doesNotMatch((await bench.panel('history').textContent()) ?? '', /1970|Version 0/)
    await takeBack('not yet')
    await eventually(async () => (await bench.text()) === '[]')
    await takeBack('the other one was right')
    await eventually(async () => /saved from here/.test(await bench.text()))
    await bench.panel('history').locator('li', { hasText: 'took changes back: the other one was right' }).waitFor()
    await bench.leave()
  })

  it('shows what comes of the text that is in force after a change was taken back', async () => {
    await bench.start()
    await bench.value('rawText').filter({ hasText: 'saved from here' }).waitFor()
    await bench.replace('saved from here', 'not for long')
    await bench.page.locator('#cartage-wb-save').click()
    await bench.dialog().locator('input[type=checkbox]').check()
    await bench.dialog().locator('textarea').fill('a slip')
    await press('Save to template')
    await bench.dialog().waitFor({ state: 'detached' })
    await bench.value('rawText').filter({ hasText: 'not for long' }).waitFor()
    await bench.tab('history').click()
    await takeBack('it was a slip')
    await bench.value('rawText').filter({ hasText: 'saved from here' }).waitFor()
    await bench.leave()
  })

  it('asks twice before a deploy that golden samples fail with, and deploys when told so twice', async () => {
    const { page } = bench
    await page.locator('#mapper').dblclick()
    await page.locator('#node-input-mappingType').selectOption('jsonata')
    await page.locator('#cartage-mapping-start option', { hasText: 'webhook.jsonata' }).waitFor({ state: 'attached' })
    await page.locator('#cartage-mapping-start').selectOption({ value: 'webhook.jsonata' })
    await page.waitForFunction(`RED.editor.getEditStack().at(-1).mappingEditor.getValue().includes('saved from here')`)
    await page.locator('#cartage-mapping-workbench button').click()
    await page.locator('.cartage-wb').waitFor()
    await bench.value('rawText').filter({ hasText: 'saved from here' }).waitFor()
    await bench.replace('saved from here', 'kept in the node')
    await bench.value('rawText').filter({ hasText: 'kept in the node' }).waitFor()
    await page.locator('.cartage-wb-ends button', { hasText: 'Keep in this node' }).click()
    await page.locator('#node-dialog-ok').click()
    await page.locator('#node-dialog-ok').waitFor({ state: 'detached' })

    const flows = async () =>
      ((await (await fetch(`${bench.hub.url}/editor/flows`)).json()) as { id: string; mapping?: string }[]).find(
        ({ id }) => id === 'mapper',
      )
    await page.locator('#red-ui-header-button-deploy').click()
    await dialog(/Golden samples fail/)
      .locator('summary', { hasText: 'webhook.taskCompleted' })
      .first()
      .waitFor()
    await press('Cancel')
    assert.equal((await flows())?.mapping, 'webhook.jsonata')

    await page.evaluate(`RED.actions.invoke('core:deploy-flows')`)
    await dialog(/Golden samples fail/).waitFor()
    await press('Deploy anyway')
    await dialog(/Deploy with failing/).waitFor()
    assert.equal((await flows())?.mapping, 'webhook.jsonata')
    await press('Yes, deploy')
    await eventually(async () => /kept in the node/.test((await flows())?.mapping ?? ''), 10_000)
  })

  it('has nothing to complain about but the questions that were refused', () =>
    assert.deepEqual(
      bench.complaints.filter((line) => !/409|422/.test(line)),
      [],
    ))
})
