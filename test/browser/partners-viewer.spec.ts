import assert from 'node:assert/strict'
import { copiedTemplates, PartnersPage } from '../support/partners-page.ts'

describe('partners for somebody who only looks, in a browser', function () {
  this.timeout(60_000)
  const templates = copiedTemplates('generic-rest')
  let on: PartnersPage

  before(async function () {
    on = await PartnersPage.open(this, templates, {}, 'viewer')
    // Before the login the editor is told that there must be one.
    on.complaints.splice(0)
  })
  after(async () => {
    await on?.close()
    templates.remove()
  })

  it('shows everything and offers nothing that the role may not do', async () => {
    await on.page.locator('.cartage-partners-filter select').selectOption('all')
    await on.row('generic-rest').locator('.cartage-partner-open').click()
    await on.part('profile').locator('form').waitFor()
    assert.ok(await on.field('limits.requestsPerSecond').locator('input').isDisabled())
    assert.ok(await on.part('trust').locator('button', { hasText: 'Save' }).isDisabled())
    assert.equal(await on.part('status').locator('button').count(), 0)
    await on.part('mapping').locator('button', { hasText: 'Profile as text' }).click()
    await on.page.locator('.cartage-file-text .view-lines', { hasText: 'generic-rest' }).waitFor()
    assert.equal(await on.page.locator('.cartage-sheet-foot button').count(), 0)
    await on.leaveSheet()
    await on.leaveSheet()
    assert.equal(await on.page.locator('.cartage-partners button', { hasText: 'New' }).count(), 0)
    assert.deepEqual(on.complaints, [])
  })
})
