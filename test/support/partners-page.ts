import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { launchBrowser, openEditor } from './browser.ts'
import { type RunningHub, startHub } from './node-red.ts'
import { temporaryFolder } from './temp.ts'
import { templateOf } from './templates.ts'
import { HASH, PASSWORD } from './workbench.ts'

/** Where to leave pictures for people; nowhere when unset. */
const PICTURES = process.env.CARTAGE_TEST_PICTURES

/** As long as sheets slide in: pictures are taken afterwards, tests do not wait for it. */
const SLIDE_MS = 500

export interface CopiedTemplates {
  path: string
  /** Folder of one of them. */
  folder(slug: string): string
  remove(): void
}

/** Templates of a few couriers, to be changed at will. */
export function copiedTemplates(...slugs: string[]): CopiedTemplates {
  const { path, remove } = temporaryFolder()
  const folder = (slug: string) => join(path, 'couriers', slug)
  for (const slug of slugs) cpSync(templateOf(slug).folder, folder(slug), { recursive: true })
  return { path, folder, remove }
}

/** The sidebar of partners in a browser. */
export class PartnersPage {
  readonly hub: RunningHub
  readonly page: Page
  readonly complaints: string[]
  readonly #close: () => Promise<void>

  private constructor(hub: RunningHub, opened: { page: Page; complaints: string[] }, close: () => Promise<void>) {
    this.hub = hub
    this.page = opened.page
    this.complaints = opened.complaints
    this.#close = close
  }

  /** `env`: more settings of the hub, such as the folder of earlier data; `role`: somebody of this
   * role logs in. */
  static async open(
    context: Mocha.Context,
    templates: CopiedTemplates,
    env: Record<string, string> = {},
    role?: string,
  ): Promise<PartnersPage> {
    const browser: Browser = await launchBrowser(context)
    const users = role && { CARTAGE_USERS: JSON.stringify([{ username: role, passwordHash: HASH, role }]) }
    const hub = await startHub({ CARTAGE_TEMPLATES: templates.path, ...env, ...users })
    const login: { login?: [string, string] } = role ? { login: [role, PASSWORD] } : {}
    const opened = await openEditor(browser, `${hub.url}/editor/`, login)
    opened.page.setDefaultTimeout(10_000)
    await opened.page.waitForFunction('window.CartagePartners && RED.workspaces.count() > 0')
    await opened.page.evaluate("RED.actions.invoke('cartage:show-partners-tab')")
    return new PartnersPage(hub, opened, async () => {
      await browser.close()
      await hub.stop()
    })
  }

  close(): Promise<void> {
    return this.#close()
  }

  /** A row of the list. */
  row = (slug: string) => this.page.locator(`.cartage-partner[data-partner="${slug}"]`)
  /** A part of the page of the partner that is shown. */
  part = (name: string) => this.page.locator(`.cartage-part.${name}`)
  /** The sheet over the editor, the topmost. */
  sheet = () => this.page.locator('.cartage-sheet')
  dialog = () => this.page.locator('.cartage-wb-dialog')
  field = (name: string) => this.page.locator(`[data-field="${name}"]`)
  card = (template: string) => this.page.locator(`.cartage-card[data-template="${template}"]`)

  /** A button at the foot of the sheet. */
  press = (text: string | RegExp) => this.page.locator('.cartage-sheet-foot button', { hasText: text }).click()
  /** A button of the question in front. */
  answer = (text: string) => this.dialog().last().locator('footer button', { hasText: text }).click()

  async next(title: string): Promise<void> {
    await this.press('Next')
    await this.title(title)
  }
  title = (text: string) => this.page.locator('.cartage-step > h3', { hasText: text }).waitFor()

  /** Closes the topmost sheet; what lies beneath it comes back. */
  async leaveSheet(): Promise<void> {
    const title = (await this.page.locator('.cartage-sheet header h3').textContent()) ?? ''
    await this.page.locator('.cartage-sheet header button').click()
    await this.page.locator('.cartage-sheet header h3', { hasText: title }).waitFor({ state: 'detached' })
  }

  /** A picture for people, when they ask for pictures. */
  async picture(name: string): Promise<void> {
    if (PICTURES === undefined) return
    mkdirSync(PICTURES, { recursive: true })
    await this.page.waitForTimeout(SLIDE_MS)
    await this.page.screenshot({ path: join(PICTURES, `${name}.png`) })
  }
}
