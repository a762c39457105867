import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startHub } from '../support/node-red.ts'
import { copiedTemplates, PartnersPage } from '../support/partners-page.ts'
import { temporaryFolder } from '../support/temp.ts'

const SLUG = 'swift-van'
const MAPPING = 'map/webhook.jsonata'

describe('an upgrade of a partner, in a browser', function () {
  this.timeout(60_000)
  const templates = copiedTemplates('generic-webhook')
  const data = temporaryFolder()
  const inTemplate = (path: string) => join(templates.folder('generic-webhook'), path)
  let on: PartnersPage

  before(async function () {
    await makeAndChange()
    newVersion()
    on = await PartnersPage.open(this, templates, { CARTAGE_DATA: data.path })
  })
  after(async () => {
    await on?.close()
    templates.remove()
    data.remove()
  })

  /** A partner of the first version, whose mapping and codes an analyst has changed. */
  async function makeAndChange() {
    const hub = await startHub({ CARTAGE_TEMPLATES: templates.path, CARTAGE_DATA: data.path })
    const call = async (method: string, path: string, body: unknown) => {
      const headers = { 'content-type': 'application/json' }
      const answer = await fetch(`${hub.url}/editor/cartage/${path}`, { method, headers, body: JSON.stringify(body) })
      assert.equal(answer.status, 200, await answer.clone().text())
    }
    await call('POST', 'partners', { template: 'generic-webhook', label: 'Swift Van', slug: SLUG })
    const text = readFileSync(inTemplate(MAPPING), 'utf8')
    await call('PUT', `desk/${SLUG}/file`, { path: MAPPING, text: `/* of ours */\n${text}`, why: 'ours' })
    await call('PUT', `desk/${SLUG}/codes`, { set: { parked: { type: 'transit.moving' } }, why: 'theirs of May' })
    await hub.stop()
  }

  /** The template changes the same line of the mapping, another code, and its text. */
  function newVersion() {
    const edit = (path: string, change: (text: string) => string) =>
      writeFileSync(inTemplate(path), change(readFileSync(inTemplate(path), 'utf8')))
    edit(MAPPING, (text) => `/* of the template */\n${text}`)
    edit('codes.json', (text) => text.replace(/^\{/, '{\n  "stolen": { "type": "shipment.lost" },'))
    edit('README.md', (text) => `${text}\nNow with stolen parcels.\n`)
    edit('manifest.json', (text) => text.replace('"version": "1.0.0"', '"version": "1.1.0"'))
  }

  const file = (path: string) => on.page.locator(`.cartage-upgrade-files [data-path="${path}"]`)
  const radio = (text: string) => on.page.locator('.cartage-upgrade-choice label', { hasText: text }).locator('input')
  const codes = () => on.hub.runtime.profiles.get(SLUG)?.codes
  const mapping = () => on.hub.runtime.profiles.get(SLUG)?.mappings[MAPPING]
  const result = () => on.page.locator('.cartage-upgrade-diff .modified-in-monaco-diff-editor .view-lines')

  it('is offered where the partner is listed, and changes nothing by itself', async () => {
    await on.row(SLUG).locator('.cartage-mark', { hasText: 'Upgrade to 1.1.0' }).click()
    await on.part('upgrade').locator('p', { hasText: '1.0.0 → 1.1.0' }).waitFor()
    assert.ok(!('stolen' in (codes() ?? {})))
  })

  it('shows every file that differs and who has changed it', async () => {
    await on.part('upgrade').locator('button', { hasText: 'Look at the upgrade' }).click()
    await file(MAPPING).locator('small', { hasText: 'choose' }).waitFor()
    await file('codes.json').locator('small', { hasText: 'put together' }).waitFor()
    await file('README.md').locator('small', { hasText: 'changed in the template' }).waitFor()
    await file('manifest.json').waitFor()
    await on.page.locator('.cartage-sheet-foot', { hasText: '1 conflict to be settled' }).waitFor()
    assert.ok(await on.page.locator('.cartage-sheet-foot button.primary').isDisabled())
    await on.picture('upgrade-conflict')
  })

  it('shows three sides of a file, and what comes of both changes', async () => {
    await file('codes.json').click()
    for (const [tab, there] of [
      ['What the template changed', 'stolen'],
      ['What I changed', 'parked'],
      ['Result', 'stolen'],
    ] as const) {
      await on.page.locator('.cartage-upgrade-file [role=tab]', { hasText: tab }).click()
      await result().filter({ hasText: there }).waitFor()
    }
    await on.picture('upgrade-merged')
  })

  it('has a conflict settled place by place, or as a whole', async () => {
    await file(MAPPING).click()
    const places = on.page.locator('.cartage-conflicts li')
    assert.equal(await places.count(), 1)
    await places.locator('label', { hasText: "The template's" }).locator('input').check()
    await file(MAPPING).locator('small', { hasText: 'As written here' }).waitFor()
    await result().filter({ hasText: 'of the template' }).waitFor()
    await radio('Mine').check()
    await result().filter({ hasText: 'of ours' }).waitFor()
    await on.page.locator('.cartage-sheet-foot', { hasText: 'Every file has its choice' }).waitFor()
  })

  it('asks before choices are lost', async () => {
    await on.page.locator('.cartage-sheet header button').click()
    await on.dialog().locator('p', { hasText: 'nothing was changed yet' }).waitFor()
    await on.answer('Cancel')
    await on.sheet().waitFor()
  })

  it('takes the version over with what was chosen', async () => {
    await on.press('Take version 1.1.0')
    await on.answer('Take version 1.1.0')
    await on.part('upgrade').waitFor()
    assert.match(mapping() ?? '', /of ours/)
    assert.deepEqual(
      ['stolen', 'parked'].filter((code) => code in (codes() ?? {})),
      ['stolen', 'parked'],
    )
    await on.part('upgrade').locator('p', { hasText: 'nothing newer' }).waitFor()
  })

  it('is taken back as a whole', async () => {
    await on.part('upgrade').locator('button', { hasText: 'Take the upgrade back' }).click()
    await on.part('upgrade').locator('p', { hasText: '1.0.0 → 1.1.0' }).waitFor()
    assert.ok(!('stolen' in (codes() ?? {})) && 'parked' in (codes() ?? {}))
  })

  it('looks as it should in the dark, too', async () => {
    await on.part('upgrade').locator('button', { hasText: 'Look at the upgrade' }).click()
    await file(MAPPING).waitFor()
    await on.page.evaluate("document.documentElement.classList.add('nr-theme-dark'); monaco.editor.setTheme('vs-dark')")
    await on.picture('upgrade-dark')
    assert.deepEqual(on.complaints, [])
  })
})
