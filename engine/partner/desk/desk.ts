import { Follower } from '../../delivery/follower.ts'
import { CartageError } from '../../errors.ts'
import type { AuditStore, Clock, DocumentStore, Motor, StoredDocument } from '../../store/ports.ts'
import type { CodeTable } from '../codes.ts'
import type { CodeEntry, Profile } from '../profile-types.ts'
import { loadProfile } from '../profile.ts'
import { type Files, filesIn } from '../registry/files.ts'
import {
  CODES,
  checkedCodes,
  checkManifest,
  checkPath,
  checkText,
  checkWhy,
  MANIFEST,
  parsedCodes,
  wrong,
} from './checks.ts'
import { areAsTemplate, changed, editsBetween, effective, lay, putBack, tableWith } from './code-changes.ts'
import type { CodeEdits } from './codes-text.ts'
import { type EditHead, EditStore, type EditVersion } from './edit-store.ts'
import { type Draft, EditWriter, type Standing, templatesText, type Told } from './edit-writer.ts'
import { TemplateFolder } from './folder.ts'
import { type EditRecord, historyOf, textOfVersion } from './history.ts'
import { type LaidFile, layOver, tableIn } from './laying.ts'

export type { Told } from './edit-writer.ts'
export type { EditRecord } from './history.ts'

export interface DeskDeps {
  documents: DocumentStore
  audit: Pick<AuditStore, 'append'>
  motor: Motor
  clock: Clock
  /** Templates by slug: `mappings` and `codes` are replaced in them, so that what is being mapped keeps the ones that it began with. */
  profiles: Map<string, Profile>
  compile: (source: string) => unknown
  /** Takes what an operator should know. */
  warn: (line: string) => void
}

/** How it stands with a file. */
export interface FileStanding {
  slug: string
  path: string
  /** 0: nobody has changed it. */
  version: number
  /** False while it is as the template has it. */
  edited: boolean
  by?: string
  /** Epoch milliseconds. */
  at?: number
  /** Codes, or the path: the template has got something new that is not in force. */
  conflicts: string[]
  /** Why the template's folder does not have what holds, e.g. `EROFS`. */
  unwritten?: string
}

interface InForce extends LaidFile {
  version: number
  content: EditVersion
  seen: ReadonlySet<string>
}

const TOPIC = 'template-edits'

/**
 * Where people change what a template says: its mappings, its code table, its samples. What they save is kept in the store
 * with everything before it, holds at once in every process, and is written to the template's folder where that can be.
 */
export class TemplateDesk {
  readonly #deps: DeskDeps
  readonly #edits: EditStore
  readonly #writer: EditWriter
  readonly #follower: Follower
  readonly #inForce = new Map<string, InForce>()
  readonly #listeners = new Set<(slug: string, path: string) => void>()

  constructor(deps: DeskDeps) {
    this.#deps = deps
    const complain = (error: unknown) => deps.warn(`templates: ${error}`)
    this.#follower = new Follower({ motor: deps.motor, topic: TOPIC, look: () => this.#look(), complain })
    this.#edits = new EditStore(deps.documents)
    this.#writer = new EditWriter({ edits: this.#edits, audit: deps.audit, clock: deps.clock })
  }

  /** Resolves when everything that was ever saved holds: before the first message is mapped. */
  async follow(): Promise<void> {
    await this.#look()
    this.#follower.start()
  }

  stop(): Promise<void> {
    return this.#follower.stop()
  }

  /** Called when another content of a file holds in this process. Returns the function that ends it. */
  onChange(listener: (slug: string, path: string) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** @throws CartageError invalid `template.unknown`, `template.path`, `template.no-file` */
  read(slug: string, path: string): FileStanding & { text: string } {
    checkPath(path)
    const { folder } = this.#profile(slug)
    const known = this.#inForce.get(keyOf(slug, path))
    const text = known === undefined ? new TemplateFolder(folder).read(path) : known.text
    if (text === null && path !== CODES) throw wrong('template.no-file', 'path', 'is no file of the template')
    return { ...standing(slug, path, known), text: text ?? '{}\n' }
  }

  /** Files that people have changed, by path. */
  edited(slug: string): FileStanding[] {
    this.#profile(slug)
    const own = [...this.#inForce.values()].filter(({ content }) => content.slug === slug)
    return own
      .map((known) => standing(slug, known.content.path, known))
      .sort((one, other) => (one.path < other.path ? -1 : 1))
  }

  /** The whole folder as it holds now. */
  files(slug: string): Files {
    const files: Record<string, string> = { ...filesIn(this.#profile(slug).folder) }
    for (const { content, text } of this.#inForce.values()) {
      if (content.slug !== slug) continue
      if (text === null) delete files[content.path]
      else files[content.path] = text
    }
    return files
  }

  /** The profile was read anew from its folder: what people have edited is laid over it again. */
  adopt(profile: Profile): void {
    for (const [key, known] of this.#inForce) {
      if (known.content.slug !== profile.id) continue
      this.#inForce.set(key, { ...known, ...this.#laidOver(profile, known.content, known.seen) })
    }
  }

  /** Nothing of a partner holds here any more. */
  forget(slug: string): void {
    for (const [key, { content }] of this.#inForce) if (content.slug === slug) this.#inForce.delete(key)
  }

  /** What was edited of a partner that is to go, goes: another one may have its name some day. */
  async discard(slug: string): Promise<void> {
    await this.#edits.drop(slug)
    this.forget(slug)
  }

  /**
   * Makes a file hold what somebody has checked as part of a whole, such as a new version of a template; null: there is
   * none any more.
   */
  async settle(slug: string, path: string, text: string | null, told: Told): Promise<FileStanding> {
    checkPath(path)
    if (path === CODES) {
      const wanted = parsedCodes(text ?? '{}')
      const open = this.#inForce.get(keyOf(slug, path))?.conflicts ?? []
      const settled = Object.fromEntries(open.map((code) => [code, wanted[code] ?? null]))
      return this.#changeCodes(slug, told, (table) => ({ ...editsBetween(table, wanted), ...settled }))
    }
    return this.#change(slug, path, told, ({ current, news, there }) =>
      (current.text ?? null) === text && !news ? undefined : { text, asTemplate: news && text === there },
    )
  }

  /** Names of the template's samples, those that only the store has among them. */
  samples(slug: string): string[] {
    const names = new Set(new TemplateFolder(this.#profile(slug).folder).names('samples'))
    for (const { content, text } of this.#inForce.values()) {
      if (content.slug !== slug || !content.path.startsWith('samples/')) continue
      const name = content.path.slice('samples/'.length)
      if (text === null) names.delete(name)
      else names.add(name)
    }
    return [...names].sort()
  }

  codes(slug: string): { codes: CodeTable; version: number } {
    const version = this.#inForce.get(keyOf(slug, CODES))?.version ?? 0
    return { codes: this.#profile(slug).codes, version }
  }

  /**
   * Takes effect for whatever is mapped from now on. Saving what holds already changes nothing.
   * @throws CartageError invalid for what cannot hold (with its field); refused `template.changed` when `expected` is gone
   */
  async save(slug: string, path: string, text: string, told: Told): Promise<FileStanding> {
    checkPath(path)
    if (path === CODES) {
      const wanted = parsedCodes(text)
      return this.#changeCodes(slug, told, (table) => editsBetween(table, wanted))
    }
    const profile = this.#profile(slug)
    if (path === MANIFEST) checkManifest(text, profile, (manifest) => this.#load(profile.folder, manifest))
    else checkText(path, text, this.#deps.compile)
    return this.#change(slug, path, told, ({ current, news, there }) =>
      current.text === text && !news ? undefined : { text, asTemplate: news && text === there },
    )
  }

  /** Sets and removes single codes; the others stay as they are, also those that somebody else changes at the same time. */
  async saveCodes(
    slug: string,
    { set = {}, remove = [] }: { set?: Record<string, CodeEntry>; remove?: string[] },
    told: Told,
  ): Promise<FileStanding> {
    checkedCodes(set)
    const edits = { ...set, ...Object.fromEntries(remove.map((code) => [code, null])) }
    return this.#changeCodes(slug, told, () => edits)
  }

  /** Takes the last change back; done again, the one before it. @throws CartageError refused `template.nothing-to-undo` */
  async undo(slug: string, path: string, told: Told): Promise<FileStanding> {
    checkPath(path)
    return this.#change(slug, path, told, (standing) => this.#undone(standing))
  }

  /** The text that taking the last change back would bring. @throws CartageError refused `template.nothing-to-undo` */
  async textBefore(slug: string, path: string): Promise<string> {
    checkPath(path)
    if (path === CODES) throw wrong('template.path', 'path', 'must be a mapping or a sample')
    const { text } = await this.#undone(await this.#writer.standing(this.#profile(slug), path))
    return text ?? ''
  }

  /** The newest first, at most fifty. */
  async history(slug: string, path: string): Promise<EditRecord[]> {
    checkPath(path)
    this.#profile(slug)
    return historyOf(this.#edits, await this.#edits.head(slug, path))
  }

  /** The text that a file had as a version. @throws CartageError invalid `template.no-version` */
  async textOf(slug: string, path: string, version: number): Promise<string> {
    checkPath(path)
    return textOfVersion(this.#edits, await this.#edits.head(slug, path), version)
  }

  /** Of an edited file: what the template had when it was edited, what it has by now, and what holds. null: no file. */
  async sides(
    slug: string,
    path: string,
  ): Promise<{ base: string | null; theirs: string | null; yours: string | null }> {
    const { current, there } = await this.#writer.standing(this.#profile(slug), path)
    const yours = this.#inForce.get(keyOf(slug, path))?.text ?? null
    return { base: await templatesText(this.#edits, current, there), theirs: there, yours }
  }

  async #undone({ current, news, there }: Standing): Promise<Draft> {
    const before = current.undoTo === undefined ? undefined : await this.#edits.version(current.undoTo)
    if (before === undefined)
      throw new CartageError('refused', 'template.nothing-to-undo', 'There is no change to take back.')
    const { asTemplate, undoTo, codes } = before
    const text = news && asTemplate ? there : (before.text ?? null)
    const content = codes === undefined ? { text } : { codes: putBack(codes, current.codes ?? {}) }
    return { ...content, asTemplate, backTo: before.version, ...(undoTo !== undefined && { undoTo }) }
  }

  #changeCodes(slug: string, told: Told, wanted: (table: CodeTable) => CodeEdits): Promise<FileStanding> {
    return this.#change(slug, CODES, told, ({ current: { codes = {} }, there, seen }) => {
      const folder = tableIn(there)
      const { table, conflicts } = lay(codes, folder, seen)
      const edits = effective(wanted(table), table, conflicts)
      checkedCodes(tableWith(table, edits))
      if (Object.keys(edits).length === 0) return undefined
      const changes = changed(codes, folder, seen, edits)
      return { codes: changes, asTemplate: areAsTemplate(changes) }
    })
  }

  async #change(slug: string, path: string, told: Told, draft: Parameters<EditWriter['change']>[3]) {
    checkWhy(told.why)
    const head = await this.#writer.change(this.#profile(slug), path, told, draft)
    if (head !== undefined) await this.#lay(head)
    this.#follower.tell()
    return standing(slug, path, this.#inForce.get(keyOf(slug, path)))
  }

  async #look(): Promise<void> {
    for (const head of await this.#edits.heads()) await this.#lay(head)
  }

  async #lay(head: StoredDocument<EditHead>): Promise<void> {
    const { slug, path, current, seen } = head.body
    const [key, profile] = [keyOf(slug, path), this.#deps.profiles.get(slug)]
    const isKnown = () => (this.#inForce.get(key)?.version ?? 0) >= head.version
    if (profile === undefined || isKnown()) return
    const content = await this.#edits.version(current)
    // Somebody may have laid a newer one over while this one was read.
    if (content === undefined || isKnown()) return
    const marks = new Set(seen)
    const laid = this.#laidOver(profile, content, marks)
    this.#inForce.set(key, { ...laid, version: head.version, content, seen: marks })
    for (const conflict of laid.conflicts)
      this.#deps.warn(`templates: ${slug}/${path}: the template has a new ${conflict}; what was edited stays in force`)
    for (const listener of this.#listeners) listener(slug, path)
  }

  /** A mapping that does not compile any more, or a manifest that is none, leaves the template's own in force. */
  #laidOver(profile: Profile, content: EditVersion, seen: ReadonlySet<string>): LaidFile {
    const { path, text } = content
    try {
      if (typeof text === 'string' && path.startsWith('map/')) this.#deps.compile(text)
      return layOver(profile, content, seen, (folder, manifest) => this.#load(folder, manifest))
    } catch (error) {
      this.#deps.warn(`templates: ${profile.id}/${path}: what was edited cannot be used: ${(error as Error).message}`)
      return { text: new TemplateFolder(profile.folder).read(path), conflicts: [path] }
    }
  }

  /** The profile of a folder with this manifest instead of the one that is there. */
  #load(folder: string, manifest: string): Profile {
    return loadProfile(folder, { manifest, compile: this.#deps.compile })
  }

  #profile(slug: string): Profile {
    const profile = this.#deps.profiles.get(slug)
    if (!profile) throw wrong('template.unknown', 'partner', 'has no template')
    return profile
  }
}

function keyOf(slug: string, path: string): string {
  return `${slug}/${path}`
}

function standing(slug: string, path: string, known: InForce | undefined): FileStanding {
  if (known === undefined) return { slug, path, version: 0, edited: false, conflicts: [] }
  const { version, content, conflicts, unwritten } = known
  const { by, at, asTemplate } = content
  return { slug, path, version, edited: !asTemplate, by, at, conflicts, ...(unwritten !== undefined && { unwritten }) }
}
