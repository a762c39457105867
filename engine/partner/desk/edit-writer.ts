import { CartageError } from '../../errors.ts'
import { isVersionLost } from '../../store/failures.ts'
import type { AuditStore, Clock, StoredDocument } from '../../store/ports.ts'
import type { Profile } from '../profile-types.ts'
import { CODES } from './checks.ts'
import { markOf } from './code-changes.ts'
import { editCodes } from './codes-text.ts'
import type { EditHead, EditStore, EditVersion } from './edit-store.ts'
import { TemplateFolder } from './folder.ts'
import { isNews, markOfText } from './laying.ts'

/** Two people at once who do not say what they have read: the later one wins. */
const ATTEMPTS = 5

export interface Told {
  by: string
  why?: string
  /** Version that was read (0: not edited): refused when another holds by now. */
  expected?: number
}

/** What there is when somebody changes a file. */
export interface Standing {
  current: EditVersion
  /** The template's folder has got something else since; never for the code table, whose codes stand for themselves. */
  news: boolean
  /** What the folder has. */
  there: string | null
  seen: ReadonlySet<string>
}

export type Draft = Pick<EditVersion, 'text' | 'codes' | 'asTemplate' | 'backTo' | 'undoTo'>

export interface EditWriterDeps {
  edits: EditStore
  audit: Pick<AuditStore, 'append'>
  clock: Clock
}

/** Makes one content of a file follow another, however many people are at it. */
export class EditWriter {
  readonly #deps: EditWriterDeps

  constructor(deps: EditWriterDeps) {
    this.#deps = deps
  }

  /**
   * The head as it is then; undefined when `draft` finds nothing to change and nothing was ever changed.
   * @throws CartageError refused `template.changed` when `expected` is gone
   */
  async change(
    profile: Pick<Profile, 'id' | 'folder'>,
    path: string,
    told: Told,
    draft: (standing: Standing) => Draft | undefined | Promise<Draft | undefined>,
  ): Promise<StoredDocument<EditHead> | undefined> {
    for (let attempt = 1; ; attempt += 1) {
      const head = await this.#deps.edits.head(profile.id, path)
      if (told.expected !== undefined && told.expected !== (head?.version ?? 0)) throw changedMeanwhile()
      const standing = await this.standing(profile, path, head)
      const drafted = await draft(standing)
      if (drafted === undefined) return head
      try {
        return await this.#write(profile.id, path, told, { head, standing, drafted })
      } catch (error) {
        if (!isVersionLost(error)) throw error
        if (told.expected !== undefined || attempt === ATTEMPTS) throw changedMeanwhile()
      }
    }
  }

  async standing(
    { id: slug, folder }: Pick<Profile, 'id' | 'folder'>,
    path: string,
    known?: StoredDocument<EditHead>,
  ): Promise<Standing> {
    const head = known ?? (await this.#deps.edits.head(slug, path))
    const there = new TemplateFolder(folder).read(path)
    const seen = new Set(head?.body.seen)
    const kept = head && (await this.#deps.edits.version(head.body.current))
    const current = kept ?? { ...templatesOwn(slug, path, there), version: 0 }
    const news = path !== CODES && kept !== undefined && isNews(there, kept, seen)
    return { current, news, there, seen }
  }

  async #write(
    slug: string,
    path: string,
    { by, why }: Told,
    { head, standing, drafted }: { head: StoredDocument<EditHead> | undefined; standing: Standing; drafted: Draft },
  ): Promise<StoredDocument<EditHead>> {
    const { edits, audit, clock } = this.#deps
    const before = await this.#before(slug, path, head, standing)
    const version = (head?.version ?? 0) + 1
    const { undoTo: asked, ...content } = drafted
    const undoTo = drafted.backTo === undefined ? before : asked
    const next: EditVersion = {
      ...{ slug, path, version, ...content, by, at: clock.now(), before },
      ...(why && { why }),
      ...(undoTo !== undefined && { undoTo }),
    }
    const current = await edits.keep(next)
    // First what is said, then what follows: a change without an entry must not be.
    const details = {
      path,
      version,
      ...(why && { why }),
      ...(drafted.backTo !== undefined && { backTo: drafted.backTo }),
    }
    await audit.append({ actor: by, action: 'template.edit', subject: slug, details })
    return edits.decide(
      { slug, path, current, seen: [...standing.seen, ...marksOf(standing, next)] },
      head?.version ?? 0,
    )
  }

  /** Id of the content that held before: where the template has got a new one in the meantime, that one, so that undoing leads to it. */
  async #before(
    slug: string,
    path: string,
    head: StoredDocument<EditHead> | undefined,
    { current, news, there }: Standing,
  ): Promise<string> {
    if (head === undefined) return this.#deps.edits.keep(current)
    if (!news) return head.body.current
    const own = { ...templatesOwn(slug, path, there), version: head.version }
    return this.#deps.edits.keep({ ...own, before: head.body.current, undoTo: head.body.current })
  }
}

function templatesOwn(slug: string, path: string, there: string | null): Omit<EditVersion, 'version'> {
  return { slug, path, ...(path === CODES ? { codes: {} } : { text: there }), asTemplate: true, by: '', at: 0 }
}

/** What the template had before people began to edit a file, or when its news were last settled. */
export async function templatesText(
  edits: EditStore,
  current: EditVersion,
  there: string | null,
): Promise<string | null> {
  if (current.codes !== undefined) {
    const before = Object.entries(current.codes).map(([code, { from }]) => [code, from] as const)
    return editCodes(there ?? '{}', Object.fromEntries(before))
  }
  let content: EditVersion | undefined = current
  while (content !== undefined && !content.asTemplate)
    content = content.before === undefined ? undefined : await edits.version(content.before)
  return content?.text ?? null
}

/** By which the contents that the folder may have from now on are known to be no news. */
function marksOf({ current, there }: Standing, next: Pick<EditVersion, 'path' | 'text' | 'codes'>): string[] {
  if (next.path !== CODES) return [there, current.text ?? null, next.text ?? null].map(markOfText)
  return Object.entries(next.codes ?? {}).flatMap(([code, { from, to }]) => [markOf(code, from), markOf(code, to)])
}

function changedMeanwhile(): CartageError {
  return new CartageError(
    'refused',
    'template.changed',
    'Somebody else has changed this in the meantime: read it again.',
  )
}
