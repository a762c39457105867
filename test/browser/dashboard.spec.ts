import assert from 'node:assert/strict'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import type { Figures } from '../../engine/kpi/figures.ts'
import { launchBrowser } from '../support/browser.ts'
import { dashboardHub, KEY, PASSWORD } from '../support/dashboard-hub.ts'
import { eventually } from '../support/eventually.ts'
import type { HubProcess } from '../support/hub-process.ts'

const PICTURES = process.env.CARTAGE_TEST_PICTURES
const PHONE = { width: 390, height: 844 }
const PATIENCE = 30_000

describe('the dashboard', function () {
  this.timeout(90_000)
  let hub: HubProcess
  before(async () => {
    hub = await dashboardHub()
  })
  after(() => hub?.close())

  describe('without a login', () => {
    const get = (path: string, headers: Record<string, string> = {}) => fetch(`${hub.url}${path}`, { headers })

    it('shows none of its pages, files or settings', async () => {
      for (const path of ['/dashboard', '/dashboard/figures', '/dashboard/_setup', '/dashboard/index.html'])
        assert.equal((await get(path)).status, 401, path)
      const page = await get('/dashboard', { accept: 'text/html' })
      assert.deepEqual([page.status, page.headers.get('x-frame-options')], [401, 'DENY'])
      assert.match(await page.text(), /<form>/)
      const forged = { cookie: 'cartage_dashboard=eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiIsImF1ZCI6InNlc3Npb24ifQ.' }
      assert.equal((await get('/dashboard', forged)).status, 401)
    })

    it('begins no session for what the editor has not said', async () => {
      const begin = (headers: Record<string, string>) =>
        fetch(`${hub.url}/dashboard/session`, { method: 'POST', headers })
      for (const authorization of ['', 'Bearer x.y.z', 'Bearer ', `Bearer ${'a'.repeat(5000)}`])
        assert.equal((await begin({ authorization })).status, 401)
      assert.equal((await get('/editor/cartage/dashboard')).status, 401)
    })

    for (const transport of ['websocket', 'polling'])
      it(`is refused a socket by ${transport}`, async () => {
        const said = transport === 'websocket' ? await overWebSocket(hub.url) : await byPolling(hub.url)
        assert.match(said, /^44.*unauthorized/)
      })
  })

  describe('in a browser', () => {
    let browser: Browser
    let page: Page
    const complaints: string[] = []
    before(async function () {
      browser = await launchBrowser(this)
      page = await browser.newPage({ viewport: { width: 1280, height: 1000 } })
      page.on('pageerror', (error) => complaints.push(error.message))
    })
    after(() => browser?.close())

    const text = () => page.evaluate<string>('document.body.innerText')
    const picture = async (name: string) => {
      if (PICTURES) await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true })
    }
    async function figures(query: string): Promise<Figures> {
      const answer = await fetch(`${hub.url}/api/v1/kpis${query}`, { headers: { authorization: `Bearer ${KEY}` } })
      return (await answer.json()) as Figures
    }

    it('lets nobody in with a wrong password', async () => {
      await page.goto(`${hub.url}/dashboard`)
      await picture('dashboard-login')
      await page.locator('[name=username]').fill('viewer')
      await page.locator('[name=password]').fill('guessed')
      await page.locator('button').click()
      await page.locator('[role=alert]:not([hidden])').waitFor({ timeout: PATIENCE })
      assert.equal((await page.context().cookies()).length, 0)
    })

    it('shows whoever is logged in the figures that the API gives', async () => {
      await page.locator('[name=password]').fill(PASSWORD)
      await page.locator('button').click()
      const { delivered, onTime, couriers } = await figures('')
      assert.ok(delivered > 50 && onTime.share !== null && couriers.length === 3)
      await eventually(async () => {
        const shown = await text()
        for (const wanted of [
          `${delivered}\ndelivered`,
          `% of ${onTime.of} promised`,
          ...couriers.map(({ courier }) => courier),
        ])
          assert.ok(shown.includes(wanted), `${wanted} is not in ${shown}`)
        return true
      }, PATIENCE)
      await picture('dashboard')
    })

    it('reads another period when it is chosen', async () => {
      await page.getByRole('button', { name: '7 days' }).click()
      const from = new Date(Date.now() - 6 * 86_400_000).toISOString().slice(0, 10)
      const { delivered } = await figures(`?from=${from}`)
      await eventually(async () => (await text()).includes(`${delivered}\ndelivered`), PATIENCE)
    })

    it('says that nothing has ended yet, instead of showing nothing', async () => {
      await page.getByRole('button', { name: 'Today' }).click()
      await eventually(async () => (await text()).includes('No delivery has ended in this period yet'), PATIENCE)
      await picture('dashboard-empty')
    })

    it('can be read on a phone', async () => {
      await page.setViewportSize(PHONE)
      await page.reload()
      await eventually(async () => (await text()).includes('green-wheels'), PATIENCE)
      const wide = await page.evaluate<number>('document.documentElement.scrollWidth')
      assert.ok(wide <= PHONE.width, `${wide} px wide`)
      await picture('dashboard-phone')
    })

    it('complains of nothing', () => assert.deepEqual(complaints, []))
  })
})

const SOCKET = '/dashboard/socket.io/?EIO=4&transport='

async function overWebSocket(url: string): Promise<string> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}${SOCKET}websocket`)
  try {
    return await new Promise((resolve, reject) => {
      socket.onmessage = ({ data }) => (String(data).startsWith('0') ? socket.send('40') : resolve(String(data)))
      socket.onerror = () => reject(new Error('no socket'))
    })
  } finally {
    socket.close()
  }
}

async function byPolling(url: string): Promise<string> {
  const opened = await (await fetch(`${url}${SOCKET}polling`)).text()
  const sid = (JSON.parse(opened.slice(1)) as { sid: string }).sid
  await fetch(`${url}${SOCKET}polling&sid=${sid}`, { method: 'POST', body: '40' })
  return (await fetch(`${url}${SOCKET}polling&sid=${sid}`)).text()
}
