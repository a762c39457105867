import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventually } from '../support/eventually.ts'
import type { FlowNode } from '../support/node-red.ts'
import { copiedTemplates, PartnersPage } from '../support/partners-page.ts'

const SLUG = 'swift-van'
const MAPPING = 'map/webhook.jsonata'
const TRIAL_MS = 40_000

describe('the test run of a partner and going live, in a browser', function () {
  this.timeout(60_000)
  const templates = copiedTemplates('generic-rest')
  let on: PartnersPage

  before(async function () {
    on = await PartnersPage.open(this, templates)
    const made = await call('POST', 'partners', {
      ...{ template: 'generic-rest', label: 'Swift Van', slug: SLUG, baseUrl: 'https://api.swift.example' },
      ...{ parameters: { timeZone: 'Europe/Berlin' }, webhookSecret: 'generate' },
    })
    const nodes = made.nodes as FlowNode[]
    const secrets = { apiKey: 'key-1', webhookSecret: made.webhook.secret }
    await on.hub.deploy(nodes.map((node) => (node.id === made.configNode ? { ...node, credentials: secrets } : node)))
    const text = readFileSync(join(templates.folder('generic-rest'), MAPPING), 'utf8')
    await call('PUT', `desk/${SLUG}/file`, {
      path: MAPPING,
      text: text.replace(/"occurredAt".*\n.*\n.*\n/, ''),
      why: 'a slip',
    })
  })
  after(async () => {
    await on?.close()
    templates.remove()
  })

  async function call(method: string, path: string, body: unknown) {
    const headers = { 'content-type': 'application/json' }
    const url = `${on.hub.url}/editor/cartage/${path}`
    const answer = await fetch(url, { method, headers, body: JSON.stringify(body) })
    assert.equal(answer.status, 200, await answer.clone().text())
    return answer.json()
  }
  const verdict = (kind: string) => on.page.locator(`.cartage-verdict.${kind}`).waitFor({ timeout: TRIAL_MS })
  const failed = () => on.page.locator('.cartage-checks li.failed')
  const status = () => on.hub.runtime.statuses.of(SLUG)
  const step = async (text: string, why: string) => {
    await on.dialog().locator('textarea').fill(why)
    await on.answer(text)
  }

  it('refuses to call a partner tested that nobody has tried', async () => {
    await on.page.locator('.cartage-partners-list button[title="Read again"]').click()
    await on.row(SLUG).locator('.cartage-partner-open').click()
    await on.part('status').locator('button', { hasText: 'Mark as tested' }).click()
    await step('Mark as tested', 'looks fine')
    await on.dialog().locator('p.warn', { hasText: 'There is no test run of it' }).waitFor()
    await on.answer('Cancel')
    assert.equal(status(), 'draft')
  })

  it('runs step by step, and can be broken off', async () => {
    await on.part('status').locator('button', { hasText: 'Test it' }).click()
    await on.page.locator('.cartage-progress [role=status]', { hasText: / of \d+: / }).waitFor()
    await on.picture('trial-running')
    await on.page.locator('.cartage-progress button', { hasText: 'Cancel' }).click()
    await on.page.locator('.cartage-trial', { hasText: 'cancelled' }).waitFor()
    await on.page.locator('.cartage-verdict.warn', { hasText: 'not brought to its end' }).waitFor()
    assert.equal(await on.page.locator('.cartage-sheet-foot button', { hasText: 'Mark as tested' }).count(), 0)
  })

  it('shows what failed, why, and with which message', async () => {
    await on.press('Run again')
    await verdict('bad')
    const first = failed().first()
    await first.locator('.cartage-check-more p').first().waitFor()
    await on.page.locator('.cartage-verdict label', { hasText: 'Only what failed' }).locator('input').check()
    assert.equal(await on.page.locator('.cartage-checks li.passed:visible').count(), 0)
    await on.picture('trial-failed')
  })

  it('says which checks stand in the way', async () => {
    await on.press('Mark as tested')
    await step('Mark as tested', 'it is urgent')
    await on
      .dialog()
      .locator('p.warn', { hasText: /stands? in the way/ })
      .waitFor()
    await on.picture('trial-refused')
    await on.answer('Cancel')
    assert.equal(status(), 'draft')
  })

  it('leads to the mapping that is wrong, and back to the checklist', async () => {
    const repair = on.page.locator('.cartage-check-more button', { hasText: 'Open the mapping' })
    for (const summary of await failed().locator('summary.cartage-check-head').all())
      if (!(await repair.first().isVisible())) await summary.click()
    await repair.first().click()
    await on.page.locator('#cartage-wb-close').click()
    await on.page.locator('.cartage-verdict').waitFor()
  })

  it('passes once it is put right, and is marked as tested with who and why', async () => {
    await call('POST', `desk/${SLUG}/undo`, { path: MAPPING, why: 'it was a slip' })
    await on.press('Run again')
    await verdict('bad')
    await on.page.locator('li.failed[data-check=own]', { hasText: 'still that of the invented partner' }).waitFor()
    const text = `${readFileSync(join(templates.folder('generic-rest'), MAPPING), 'utf8')}\n/* as it tells it */\n`
    await call('PUT', `desk/${SLUG}/file`, { path: MAPPING, text, why: 'its own words' })
    await on.press('Run again')
    await verdict('good')
    await on.picture('trial-passed')
    await on.press('Mark as tested')
    await on.answer('Mark as tested')
    await on.dialog().locator('[role=alert]', { hasText: 'Fill in: Why' }).waitFor()
    await step('Mark as tested', 'all green against the simulator')
    await on.dialog().waitFor({ state: 'detached' })
    assert.equal(status(), 'tested')
  })

  it('checks the account with the partner itself, and says so', async () => {
    await on.press('Check the account')
    await on.page.locator('.cartage-verdict', { hasText: 'wrong with the account' }).waitFor({ timeout: TRIAL_MS })
    await on.page.locator('.cartage-trial', { hasText: 'With the partner itself' }).waitFor()
    assert.equal(await on.page.locator('.cartage-sheet-foot button', { hasText: 'Go live' }).count(), 0)
    await on.picture('trial-account')
    await on.press('Run again')
    await verdict('good')
  })

  it('goes live by another step, which is kept with who, when and why', async () => {
    await on.press('Go live')
    await step('Go live', 'agreed with sales')
    await on.dialog().waitFor({ state: 'detached' })
    await on.leaveSheet()
    assert.equal(status(), 'live')
    await on.page.locator('.cartage-page-state .cartage-chip', { hasText: 'live' }).waitFor()
    await on.part('status').locator('summary', { hasText: 'History' }).click()
    const history = on.part('status').locator('.cartage-codes-list li')
    await history.filter({ hasText: 'tested → live' }).filter({ hasText: 'agreed with sales' }).waitFor()
    assert.match((await history.first().textContent()) ?? '', /editor/)
    assert.match((await history.first().locator('time').getAttribute('title')) ?? '', /\d/)
    await on.part('trials').locator('li').nth(2).waitFor()
    await on.picture('partner-live')
  })

  it('goes back to draft with a reason, and goes on taking webhooks', async () => {
    await on.part('status').locator('button', { hasText: 'Back to draft' }).click()
    await step('Back to draft', 'labels come out wrong')
    await on.dialog().waitFor({ state: 'detached' })
    await on.page.locator('.cartage-page-state .cartage-chip', { hasText: 'draft' }).waitFor()
    assert.equal(status(), 'draft')
    await on.leaveSheet()
    await on.row(SLUG).locator('.cartage-chip', { hasText: 'draft' }).waitFor()
  })

  it('changes limits in place, with a reason, and takes it back', async () => {
    const limit = on.field('limits.requestsPerSecond').locator('input')
    const now = () => on.hub.runtime.profiles.get(SLUG)?.limits.requestsPerSecond
    await on.row(SLUG).locator('.cartage-partner-open').click()
    const before = now()
    await limit.fill('0.5')
    await on.part('profile').locator('button', { hasText: 'Save' }).click()
    await step('Save', 'their new contract')
    await eventually(() => now() === 0.5)
    await on.page.locator('.cartage-page > [role=status]', { hasText: 'Saved' }).waitFor()
    await on.part('profile').locator('button[title="Take the last change back"]').click()
    await step('Take it back', 'not agreed yet')
    await eventually(() => now() === before)
    await eventually(async () => Number(await limit.inputValue()) === before)
  })

  it('says how the partner signs in a form, and takes it over', async () => {
    const key = on.field('trust.key').locator('input')
    // The page may just be reading again what was taken back.
    await eventually(async () => {
      await key.fill('body.(')
      return (await key.inputValue()) === 'body.('
    })
    await on.field('trust.header').locator('input').fill('X-Swift-Signature')
    await on.part('trust').locator('button', { hasText: 'Save' }).click()
    await on.field('trust.key').locator('.cartage-wrong', { hasText: 'This is no JSONata' }).waitFor()
    await key.fill('body.tracking_number')
    await on.part('trust').locator('button', { hasText: 'Save' }).click()
    await step('Save', 'as their page says')
    const signature = () => on.hub.runtime.profiles.get(SLUG)?.webhook?.signature as { headers?: string[] } | undefined
    await eventually(() => signature()?.headers?.[0] === 'X-Swift-Signature')
  })

  it('takes samples away that are not the partner’s, with what belongs to them, and brings them back', async () => {
    const samples = on.part('mapping').locator('select')
    const left = () => on.hub.runtime.desk.samples(SLUG).filter((name) => name.startsWith('webhook.ping.'))
    await samples.selectOption('there webhook.ping.json')
    await on.press('Take the sample away')
    await step('Take the sample away', 'they have no such message')
    await on.part('mapping').waitFor()
    assert.deepEqual(left(), [])
    await samples.selectOption('gone webhook.ping.json')
    await on.page.locator('.cartage-page > [role=status]', { hasText: 'is back' }).waitFor()
    assert.deepEqual(left(), ['webhook.ping.json'])
  })

  it('has its profile as a text that says what is wrong in it, and looks as it should in the dark', async () => {
    await on.part('mapping').locator('button', { hasText: 'Profile as text' }).click()
    await on.page.locator('.cartage-file-text .view-lines', { hasText: 'swift-van' }).waitFor()
    await on.page.evaluate("document.documentElement.classList.add('nr-theme-dark'); monaco.editor.setTheme('vs-dark')")
    await on.page.evaluate(`(() => {
      const model = monaco.editor.getModels().find(({ uri }) => uri.path === '/manifest.json')
      model.setValue(model.getValue().replace('"requestsPerSecond": ', '"requestsPerSecond": -'))
    })()`)
    await on.page.waitForFunction(`monaco.editor.getModelMarkers({}).length > 0`)
    await on.press('Save')
    await step('Save', 'a slip')
    await on.dialog().locator('.cartage-wb-said', { hasText: 'requestsPerSecond' }).waitFor()
    await on.picture('profile-dark')
    await on.answer('Cancel')
    assert.deepEqual(
      on.complaints.filter((line) => !/409|422/.test(line)),
      [],
    )
  })
})
