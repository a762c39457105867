import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventually } from '../support/eventually.ts'
import type { FlowNode } from '../support/node-red.ts'
import { copiedTemplates, PartnersPage } from '../support/partners-page.ts'

const API_KEY = 'key-that-only-the-hub-knows'
const SLUG = 'swift-van-koln'

describe('partners in the editor, in a browser', function () {
  this.timeout(60_000)
  const templates = copiedTemplates('generic-webhook', 'stuart', 'onfleet')
  let on: PartnersPage
  let secret: string

  before(async function () {
    on = await PartnersPage.open(this, templates)
  })
  after(async () => {
    await on?.close()
    templates.remove()
  })

  const flows = async (): Promise<FlowNode[]> => (await fetch(`${on.hub.url}/editor/flows`)).json()
  /** Everything that the hub has written to its folder, the database apart. */
  const written = (folder: string): string[] =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(json|jsonata|md|log|backup)$/.test(entry.name))
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))

  it('says how a first partner comes about while there is none', async () => {
    await on.page.locator('.cartage-partners .cartage-wb-empty', { hasText: 'No partner is in use yet' }).waitFor()
    await on.page.locator('.cartage-partners-filter select').selectOption('all')
    await on.row('stuart').locator('.cartage-chip', { hasText: 'draft' }).waitFor()
    await on.row('stuart').locator('.cartage-health', { hasText: 'not deployed' }).waitFor()
    await on.page.locator('.cartage-partners-filter select').selectOption('used')
    await on.picture('partners-none')
  })

  it('shows all templates, those for anything else first, and finds by name, country, kind and capability', async () => {
    await on.page.locator('.cartage-partners-list .cartage-side-bar button.primary').click()
    await on.card('stuart').waitFor()
    const groups = on.page.locator('.cartage-gallery-groups h4')
    assert.match((await groups.first().textContent()) ?? '', /Anything else/)
    await on.picture('partners-gallery')
    const search = on.page.locator('.cartage-gallery-search')
    for (const [wanted, slug] of [
      ['stua', 'stuart'],
      ['united states', 'onfleet'],
      ['courier second-attempt', 'onfleet'],
    ] as const) {
      await search.fill(wanted)
      await on.card(slug).waitFor()
    }
    await search.fill('france proof')
    await eventually(async () => (await on.card('onfleet').count()) === 0)
    await search.fill('Ghost Riders Ltd')
    await on.page.locator('.cartage-wb-empty', { hasText: 'no template for “Ghost Riders Ltd”' }).waitFor()
    await on.card('generic-webhook').click()
    await on.title('Name')
    assert.equal(await on.field('label').locator('input').inputValue(), 'Ghost Riders Ltd')
    assert.equal(await on.field('slug').locator('input').inputValue(), 'ghost-riders-ltd')
    await on.press('Back')
    await search.fill('')
  })

  it('asks step by step, and says what is wrong at its field', async () => {
    await on.card('stuart').click()
    await on.title('Name')
    await on.press('Next')
    await on.field('label').locator('.cartage-wrong', { hasText: 'Must be filled in' }).waitFor()
    await on.field('label').locator('input').fill('Swift Van Köln')
    assert.equal(await on.field('slug').locator('input').inputValue(), SLUG)
    await on.picture('partners-wizard-name')
    await on.next('Account')
    await on.field('baseUrl').locator('input').fill('ftp://nowhere')
    await on.press('Next')
    await on.field('baseUrl').locator('.cartage-wrong', { hasText: 'begins with https://' }).waitFor()
    await on.field('baseUrl').locator('input').fill('https://api.swift.example')
    assert.equal(await on.field('credentials.clientSecret').locator('input').getAttribute('type'), 'password')
    await on.field('credentials.clientId').locator('input').fill('client-7')
    await on.field('credentials.clientSecret').locator('input').fill(API_KEY)
    await on.next('Limits and service')
    await on.field('limits.requestsPerSecond').locator('input').fill('-1')
    await on.press('Next')
    await on.field('limits.requestsPerSecond').locator('.cartage-wrong', { hasText: 'From 0.01' }).waitFor()
    await on.field('limits.requestsPerSecond').locator('input').fill('2')
    await on.field('cutOff.time').locator('input').fill('16:00')
    await on.press('Next')
    await on.field('cutOff.timeZone').locator('.cartage-wrong', { hasText: 'needs its time zone' }).waitFor()
    await on.field('cutOff.timeZone').locator('input').fill('Europe/Berlin')
    await on.picture('partners-wizard-limits')
  })

  it('has the code table looked through and completed, without a reason for what is not there yet', async () => {
    await on.next('Codes')
    const table = on.page.locator('.cartage-step .cartage-codes')
    await table.locator('[data-code=finished]').waitFor()
    await table.locator('button', { hasText: 'Paste a list' }).click()
    await on.dialog().locator('textarea').fill('parked\ttransit.moving\t\tParked for the night')
    await on.answer('Look at it')
    await on.answer('Save 1 code')
    await table.locator('[data-code=parked]').waitFor()
    await table.locator('[data-code=finished] button').last().click()
    await table.locator('[data-code=finished]').waitFor({ state: 'detached' })
  })

  it('keeps what was filled in when it is closed by accident', async () => {
    await on.page.locator('.cartage-step input[type=search]').press('Escape')
    await on.dialog().locator('p', { hasText: 'nothing was made yet' }).waitFor()
    await on.answer('Cancel')
    await on.press('Back')
    await on.title('Limits and service')
    assert.equal(await on.field('cutOff.timeZone').locator('input').inputValue(), 'Europe/Berlin')
    await on.next('Codes')
    await on.page.locator('.cartage-step [data-code=parked]').waitFor()
  })

  it('gives the address for the courier, and says what will be made', async () => {
    await on.next('Webhook')
    const address = on.page.locator('.cartage-step .cartage-copy input')
    assert.match(await address.inputValue(), new RegExp(`^http://localhost:\\d+/webhooks/${SLUG}$`))
    await on.next('Summary')
    const told = (await on.page.locator('.cartage-step').textContent()) ?? ''
    for (const piece of [
      /swift-van-koln/,
      /2 of 2 filled in/,
      /2 requests per second/,
      /16:00 Europe\/Berlin/,
      /1 new or changed, 1 of the template taken out/,
    ])
      assert.match(told, piece)
    assert.ok(!told.includes(API_KEY))
    await on.picture('partners-wizard-summary')
    assert.deepEqual(
      (await flows()).filter(({ type }) => type === 'partner'),
      [],
    )
  })

  it('makes the partner, its tab and its account, and shows the secret for the courier once', async () => {
    await on.press('Make it')
    await on.page.locator('.cartage-done').waitFor()
    const copies = on.page.locator('.cartage-done .cartage-copy input')
    assert.match(await copies.first().inputValue(), new RegExp(`/webhooks/${SLUG}$`))
    secret = await copies.last().inputValue()
    assert.ok(secret.length >= 32)
    await on.picture('partners-done')
    const profile = on.hub.runtime.profiles.get(SLUG)
    assert.equal(profile?.limits.requestsPerSecond, 2)
    assert.equal(profile?.codes.finished, undefined)
    assert.equal((profile?.codes.parked as { type?: string } | undefined)?.type, 'transit.moving')
    assert.deepEqual(
      (await flows()).filter(({ type }) => type === 'partner'),
      [],
      'nothing is deployed unasked',
    )
  })

  it('is one edit in the workspace, that is undone and redone as any other', async () => {
    await on.press('Look at the flow')
    await on.sheet().waitFor({ state: 'detached' })
    const inWorkspace = (): Promise<boolean> =>
      on.page.evaluate(`RED.nodes.filterNodes({ type: 'webhook-in' }).length === 1`)
    assert.ok(await inWorkspace())
    await on.picture('partners-flow')
    await on.page.evaluate(`RED.actions.invoke('core:undo')`)
    assert.ok(!(await inWorkspace()))
    await on.row(SLUG).locator('.cartage-partner-open').click()
    await on.part('account').locator('button', { hasText: 'Put its flow into the workspace' }).waitFor()
    await on.leaveSheet()
    await on.page.evaluate(`RED.actions.invoke('core:redo')`)
    assert.ok(await inWorkspace())
    await on.row(SLUG).locator('.cartage-partner-open').click()
    await on.part('account').locator('dd', { hasText: 'Swift Van' }).waitFor()
    await on.picture('partners-page')
    await on.leaveSheet()
  })

  it('runs once it is deployed, with secrets that stand in no flow and in no answer', async () => {
    await on.page.locator('#red-ui-header-button-deploy').click()
    await eventually(() => on.hub.runtime.partners.has(SLUG), 10_000)
    const deployed = JSON.stringify(await flows())
    assert.match(deployed, /"template":"swift-van-koln"/)
    for (const text of [deployed, ...written(on.hub.dataDir), ...written(templates.path)])
      for (const hidden of [API_KEY, secret]) assert.ok(!text.includes(hidden))
    const body = JSON.stringify({ event: 'ping' })
    const told = async (key: string) => {
      const headers = { 'content-type': 'application/json', 'x-stuart-webhook-key': key }
      return (await fetch(`${on.hub.url}/webhooks/${SLUG}`, { method: 'POST', body, headers })).status
    }
    assert.equal(await told('guessed'), 401)
    assert.notEqual(await told(secret), 401)
  })

  it('tells of a code that nobody has mapped, and leads to it', async () => {
    const data = { id: 1, clientReference: '80001042', status: 'teleported' }
    const body = JSON.stringify({ event: 'delivery', type: 'update', data })
    const headers = { 'content-type': 'application/json', 'x-stuart-webhook-key': secret }
    await fetch(`${on.hub.url}/webhooks/${SLUG}`, { method: 'POST', body, headers })
    await eventually(async () => (await on.hub.runtime.inbox.counts()).length > 0, 10_000)
    await on.page.locator('.cartage-partners-list button[title="Read again"]').click()
    await on.row(SLUG).locator('time').waitFor()
    await on.row(SLUG).locator('.cartage-mark', { hasText: '1 code to map' }).click()
    await on.page.locator('.cartage-codes-inbox [data-code=teleported]').waitFor()
    assert.equal(await on.page.locator('.cartage-codes-tab select').first().inputValue(), SLUG)
    await on.page.evaluate("RED.actions.invoke('cartage:show-partners-tab')")
  })

  it('deploys a new one when told to, and opens its page', async () => {
    await on.page.locator('.cartage-partners-list .cartage-side-bar button.primary').click()
    await on.card('generic-webhook').click()
    await on.field('label').locator('input').fill('Night Bikes')
    for (const title of ['Account', 'Limits and service', 'Codes', 'Webhook', 'Summary']) await on.next(title)
    await on.press('Make it')
    await on.page.locator('.cartage-done').waitFor()
    await on.press('Deploy now')
    await on.part('status').locator('button', { hasText: 'Test it' }).waitFor()
    await eventually(() => on.hub.runtime.partners.has('night-bikes'))
    await on.page.locator('.cartage-page-state .cartage-chip', { hasText: 'draft' }).waitFor()
    assert.deepEqual(
      on.complaints.filter((line) => !/401/.test(line)),
      [],
    )
  })
})
