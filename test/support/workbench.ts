import { cpSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import type { Json } from '../../engine/json.ts'
import { launchBrowser, openEditor } from './browser.ts'
import { type FlowNode, type RunningHub, startHub } from './node-red.ts'
import { temporaryFolder } from './temp.ts'
import { sample, templateOf } from './templates.ts'

export const PARTNER = 'onfleet'
export const MAPPING = 'map/webhook.jsonata'
/** bcrypt of the password below, at the least cost. */
export const HASH = '$2b$04$.oCVDCAbhEs.sM.q/CFI6OBHqIJx1z6.hdFYqOeMOhV1tIJj88Fui'
export const PASSWORD = 'editor-password'

/** The workbench in a browser, on a hub whose templates are copies: what is saved touches nothing of the repository. */
export class WorkbenchPage {
  readonly hub: RunningHub
  readonly page: Page
  readonly complaints: string[]
  /** Of the copied template. */
  readonly folder: string
  readonly #close: () => Promise<void>

  private constructor(
    hub: RunningHub,
    opened: { page: Page; complaints: string[] },
    folder: string,
    close: () => Promise<void>,
  ) {
    this.hub = hub
    this.page = opened.page
    this.complaints = opened.complaints
    this.folder = folder
    this.#close = close
  }

  /** `role`: somebody of this role logs in; without it the editor has no logins. */
  static async open(context: Mocha.Context, flow: FlowNode[] = [], role?: string): Promise<WorkbenchPage> {
    const browser: Browser = await launchBrowser(context)
    const templates = temporaryFolder()
    const folder = join(templates.path, 'couriers', PARTNER)
    cpSync(templateOf(PARTNER).folder, folder, { recursive: true })
    const users =
      role === undefined ? {} : { CARTAGE_USERS: JSON.stringify([{ username: role, passwordHash: HASH, role }]) }
    const hub = await startHub({ CARTAGE_TEMPLATES: templates.path, ...users })
    if (flow.length > 0) await hub.deploy(flow)
    const opened = await openEditor(
      browser,
      `${hub.url}/editor/`,
      role === undefined ? {} : { login: [role, PASSWORD] },
    )
    opened.page.setDefaultTimeout(10_000)
    await opened.page.waitForFunction('window.CartageWorkbench && RED.workspaces.count() > 0')
    return new WorkbenchPage(hub, opened, folder, async () => {
      await browser.close()
      await hub.stop()
      templates.remove()
    })
  }

  close(): Promise<void> {
    return this.#close()
  }

  /** Opens the workbench on the template's webhook mapping, or on another one. */
  async start(given: Record<string, unknown> = { partner: PARTNER, mapping: MAPPING }): Promise<void> {
    // Opening ends with closing, which is not waited for.
    await this.page.evaluate(`void CartageWorkbench.open(${JSON.stringify(given)})`)
    await this.page.locator('.cartage-wb').waitFor()
    if (given.partner) await this.page.waitForFunction('CartageWorkbench.current.session.state.answer')
  }

  async leave(): Promise<void> {
    await this.page.locator('#cartage-wb-close').click()
    const discard = this.page.locator('.cartage-wb-dialog button', { hasText: 'Discard' })
    await this.page.locator('.cartage-wb').or(discard).first().waitFor()
    if (await discard.isVisible().catch(() => false)) await discard.click()
    await this.page.locator('.cartage-wb').waitFor({ state: 'detached' })
  }

  text = (): Promise<string> => this.page.evaluate('CartageWorkbench.current.code.value()')
  /** Puts the cursor behind a piece of the text. */
  cursorBehind = (piece: string): Promise<void> =>
    this.page.evaluate(`(() => {
      const { editor } = CartageWorkbench.current.code
      const model = editor.getModel()
      const at = model.getValue().indexOf(${JSON.stringify(piece)}) + ${piece.length}
      editor.setPosition(model.getPositionAt(at))
      editor.focus()
    })()`)
  /** Replaces a piece of the text, as an edit that can be undone. */
  replace = (piece: string, by: string): Promise<void> =>
    this.page.evaluate(
      `CartageWorkbench.current.code.write(CartageWorkbench.current.code.value().replace(${JSON.stringify(piece)}, () => ${JSON.stringify(by)}))`,
    )

  source = (path: string) => this.page.locator(`.cartage-wb .source [data-path="${path}"]`)
  target = (path: string) => this.page.locator(`.cartage-wb .target [data-path="${path}"]`)
  value = (path: string) => this.target(path).locator('.value')
  tab = (id: string) => this.page.locator(`#cartage-wb-tab-${id}`)
  panel = (id: string) => this.page.locator(`#cartage-wb-panel-${id}`)
  dialog = () => this.page.locator('.cartage-wb-dialog')
  /** The pieces of the text that are lit up. */
  lit = (): Promise<string[]> =>
    this.page.evaluate(`(() => {
      const model = CartageWorkbench.current.code.editor.getModel()
      return model.getAllDecorations()
        .filter(({ options }) => options.inlineClassName === 'cartage-wb-lit')
        .map(({ range }) => model.getValueInRange(range))
    })()`)

  /** Pastes a payload; a text is pasted as it is. */
  async paste(payload: object | string): Promise<void> {
    await this.page.locator('.source header button').click()
    await this.dialog()
      .locator('textarea')
      .first()
      .fill(typeof payload === 'string' ? payload : JSON.stringify(payload))
    await this.dialog().locator('button', { hasText: 'Use it' }).click()
  }

  /** A message that came to the partner's webhook and went through the mapper. */
  async receive(id: string, file: string, more: object = {}): Promise<void> {
    const { runtime } = this.hub
    const payload = { ...(sample(templateOf(PARTNER), file) as object), ...more } as Json
    const channel = `webhooks.${PARTNER}`
    await runtime.hub.publish([{ id, channel, key: id, payload, headers: { partner: PARTNER }, correlationId: id }])
    runtime.lab.watch.see({ partner: PARTNER, mapping: MAPPING, body: payload, message: () => ({ id, key: id }) })
    await runtime.lab.watch.flush()
  }
}
