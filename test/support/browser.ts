import { existsSync } from 'node:fs'
import { type Browser, chromium, type Page } from 'playwright-core'

/** Debian's chromium; another one by `CARTAGE_CHROMIUM`. */
const EXECUTABLE = process.env.CARTAGE_CHROMIUM ?? '/usr/bin/chromium'

/** Why browser tests cannot run on this machine; undefined when they can. */
function browserMissing(): string | undefined {
  if (existsSync(EXECUTABLE)) return undefined
  return `no browser at ${EXECUTABLE}: apt-get install --no-install-recommends chromium, or set CARTAGE_CHROMIUM`
}

/**
 * A headless browser, or the test is skipped with the reason in its title (a skip that nobody sees would pass for green).
 * Call it in a `before` or `it` with mocha's context; close the browser in `after`.
 */
export async function launchBrowser(context: Mocha.Context): Promise<Browser> {
  const missing = browserMissing()
  if (missing !== undefined) {
    const runnable = context.test ?? context.currentTest
    if (runnable) runnable.title += ` (skipped: ${missing})`
    context.skip()
  }
  // Containers run as root, where Chromium's own sandbox cannot start.
  return chromium.launch({ executablePath: EXECUTABLE, args: ['--no-sandbox', '--disable-dev-shm-usage'] })
}

/** A page of the editor at `url`, its palette loaded. `complaints` collects what the page reports as an error while it lives. */
export async function openEditor(
  browser: Browser,
  url: string,
  options: { locale?: string; ready?: string; login?: [name: string, password: string] } = {},
): Promise<{ page: Page; complaints: string[] }> {
  const context = await browser.newContext({
    viewport: { width: 1400, height: 900 },
    locale: options.locale ?? 'en-US',
  })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.stack ?? error.message))
  page.on('console', (line) => {
    if (line.type() === 'error') complaints.push(line.text())
  })
  // A role that the editor's live channel refuses would be asked to log in again, over whatever is tested.
  if (options.login) await page.routeWebSocket(/\/comms$/, () => {})
  await page.goto(url)
  if (options.login) {
    const [name, password] = options.login
    await page.locator('#node-dialog-login-username').fill(name)
    await page.locator('#node-dialog-login-password').fill(password)
    await page.locator('#node-dialog-login-password').press('Enter')
  }
  const ready = `.red-ui-palette-node[data-palette-type="${options.ready ?? 'webhook-in'}"]`
  await page.waitForSelector(ready, { state: 'attached', timeout: 30_000 })
  return { page, complaints }
}
