import type { RateCard } from '../../routing/rates.ts'
import type { CodeTable } from '../codes.ts'
import type { Profile } from '../profile-types.ts'
import { becomeManifest } from '../registry/become.ts'
import { lay, mark } from './code-changes.ts'
import { CODES, MANIFEST, RATES } from './checks.ts'
import { editCodes } from './codes-text.ts'
import type { EditVersion } from './edit-store.ts'
import { TemplateFolder } from './folder.ts'

/** How a content was laid over the file of the template's folder. */
export interface LaidFile {
  /** What holds; null: there is no such file. */
  text: string | null
  /** The template has something new that is not in force: the codes concerned, or the path. */
  conflicts: string[]
  /** Why the folder does not have what holds. */
  unwritten?: string
}

type Laid = Pick<EditVersion, 'path' | 'text' | 'codes' | 'asTemplate'>

/**
 * Puts a content in force: in the profile, for whatever is mapped from now on, and in the folder. What the template has got
 * anew since is never overwritten in the folder.
 */
export function layOver(profile: Profile, content: Laid, seen: ReadonlySet<string>, load: Load): LaidFile {
  return content.codes === undefined ? layText(profile, content, seen, load) : layCodes(profile, content, seen)
}

/** Reads the profile of a folder with this manifest instead of the one that is there. */
type Load = (folder: string, manifest: string) => Profile

/** By which a text, or that there is none, is known again. */
export function markOfText(text: string | null): string {
  return mark(text === null ? 'absent' : `text:${text}`)
}

/** Is what the folder has news to those who edited the file? */
export function isNews(there: string | null, { text = null }: Laid, seen: ReadonlySet<string>): boolean {
  return there !== text && !seen.has(markOfText(there))
}

function layText(profile: Profile, content: Laid, seen: ReadonlySet<string>, load: Load): LaidFile {
  const { path, asTemplate } = content
  const folder = new TemplateFolder(profile.folder)
  const there = folder.read(path)
  const news = isNews(there, content, seen)
  const text = news && asTemplate ? there : (content.text ?? null)
  if (path === MANIFEST && text !== null) becomeManifest(profile, load(profile.folder, text))
  if (path === RATES) putRates(profile, text)
  if (path.startsWith('map/')) profile.mappings = withMapping(profile.mappings, path, text)
  const unwritten = news || there === text ? undefined : folder.write(path, text)
  return { text, conflicts: news && !asTemplate ? [path] : [], ...(unwritten !== undefined && { unwritten }) }
}

/** The text was checked when it was saved. */
function putRates(profile: Profile, text: string | null): void {
  if (text === null) delete profile.rates
  else profile.rates = JSON.parse(text) as RateCard[]
}

function withMapping(mappings: Record<string, string>, path: string, text: string | null): Record<string, string> {
  const { [path]: _before, ...others } = mappings
  return text === null ? others : { ...others, [path]: text }
}

function layCodes(profile: Profile, { codes = {} }: Laid, seen: ReadonlySet<string>): LaidFile {
  const folder = new TemplateFolder(profile.folder)
  const there = folder.read(CODES)
  const { edits, table, conflicts } = lay(codes, tableIn(there), seen)
  profile.codes = table
  const written = Object.fromEntries(Object.entries(edits).filter(([code]) => !conflicts.includes(code)))
  const isSame = Object.keys(written).length === 0
  const unwritten = isSame ? undefined : folder.write(CODES, editCodes(there ?? '{}', written))
  const text = editCodes(there ?? '{}', edits)
  return { text, conflicts, ...(unwritten !== undefined && { unwritten }) }
}

/** The loader has checked the file when it read the template. */
export function tableIn(text: string | null): CodeTable {
  return text === null ? {} : (JSON.parse(text) as CodeTable)
}
