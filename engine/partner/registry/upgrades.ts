import { CartageError } from '../../errors.ts'
import type { AuditStore } from '../../store/ports.ts'
import { CODES, MANIFEST } from '../desk/checks.ts'
import type { TemplateDesk } from '../desk/desk.ts'
import type { Profile } from '../profile-types.ts'
import { checkFiles, type Files } from './files.ts'
import { filesAs } from './identity.ts'
import type { OwnPartners } from './own-partners.ts'
import type { Origin } from './own-store.ts'
import { isObject } from './objects.ts'
import { invalid } from './slug.ts'
import type { PartnerStatuses } from './status.ts'
import { compareFiles, type FileChange } from './three-way.ts'
import { actsAlike, checkWhole } from './whole.ts'

export interface UpgradeDeps {
  own: OwnPartners
  desk: TemplateDesk
  profiles: ReadonlyMap<string, Profile>
  statuses: PartnerStatuses
  audit: Pick<AuditStore, 'append'>
  compile: (source: string) => unknown
}

/** What a new version of a template would bring. */
export interface Upgrade {
  /** The version that the partner stands on, and the template's present one. */
  from: string
  to: string
  files: FileChange[]
  /** An upgrade before this one can be taken back. */
  undo?: { to: string }
}

/** For a file: what the template has, what you have, both together, or a text of your own. */
export type Choice = 'theirs' | 'yours' | 'merged' | { text: string }

/** Of a file that the desk knows: what others refer to comes before who refers to it. */
const LAST = [CODES, MANIFEST]
const ON_DESK = /^(manifest\.json|codes\.json|(map|samples)\/.*)$/

/**
 * Brings a partner to its template's new version. What only the template has changed is taken over, what only people have
 * changed stays, and where both did somebody chooses; what was can be brought back.
 */
export class Upgrades {
  readonly #deps: UpgradeDeps

  constructor(deps: UpgradeDeps) {
    this.#deps = deps
  }

  /** @throws CartageError invalid `template.unknown` */
  async look(slug: string): Promise<Upgrade> {
    const head = this.#deps.own.head(slug)
    if (!head) return this.#lookShipped(slug)
    const { base, theirs, origin } = await this.#sides(slug)
    const files = compareFiles(base, theirs, this.#deps.desk.files(slug))
    const undo = head.previous && { undo: { to: head.previous.origin.version } }
    return { from: head.origin.version, to: origin.version, files, ...undo }
  }

  /**
   * @param to the version that was looked at
   * @throws CartageError refused `partner.changed` when the template has another by now; invalid `partner.choice` for a
   *   conflict without a choice, `profile.invalid` when the whole would be no profile: nothing is changed then
   */
  async apply(slug: string, to: unknown, choices: unknown, by: string): Promise<Upgrade> {
    const upgrade = await this.look(slug)
    if (to !== upgrade.to) throw changedMeanwhile()
    const chosen = readChoices(choices, upgrade.files)
    const results = upgrade.files.map((change) => [change.path, resultOf(change, chosen[change.path])] as const)
    const files = checkFiles(Object.fromEntries(results.filter(([, text]) => text !== undefined)))
    const told = { by, why: `upgrade to ${upgrade.to}` }
    if (!this.#deps.own.head(slug)) {
      for (const [path, text] of results) await this.#deps.desk.settle(slug, path, text ?? null, told)
      return this.look(slug)
    }
    const { theirs, origin } = await this.#sides(slug)
    await this.#become(slug, { origin, base: theirs, files }, told)
    return this.look(slug)
  }

  /** Brings back what the last upgrade replaced; done again, the upgrade. @throws CartageError refused `partner.nothing-to-undo` */
  async undo(slug: string, by: string): Promise<Upgrade> {
    const { own } = this.#deps
    const previous = own.head(slug)?.previous
    if (!previous) throw new CartageError('refused', 'partner.nothing-to-undo', 'There is no upgrade to take back.')
    const content = { base: await own.files(previous.base), files: await own.files(previous.files) }
    await this.#become(slug, { origin: previous.origin, ...content }, { by, why: `back to ${previous.origin.version}` })
    return this.look(slug)
  }

  /** First what the desk holds, then the record: cut off in between, the same upgrade can be done again and finds it done. */
  async #become(
    slug: string,
    next: { origin: Origin; base: Files; files: Files },
    told: { by: string; why: string },
  ): Promise<void> {
    const { own, desk, statuses, audit, profiles, compile } = this.#deps
    const profile = profiles.get(slug)
    if (!profile) throw invalid('template.unknown', 'partner', 'has no template')
    checkWhole(profile, next.files, compile)
    const now = desk.files(slug)
    const before = await own.begin(slug, next.origin.version, now)
    await audit.append({ actor: told.by, action: 'partner.upgrade', subject: slug, details: { ...next.origin } })
    const edited = new Set(desk.edited(slug).map(({ path }) => path))
    const changed = [...new Set([...Object.keys(now), ...Object.keys(next.files)])]
      .filter((path) => ON_DESK.test(path) && now[path] !== next.files[path])
      // What nobody has edited follows from the record; a manifest that was edited needs the mappings that it names.
      .filter((path) => edited.has(path) || (edited.has(MANIFEST) && path.startsWith('map/')))
      .sort((one, other) => LAST.indexOf(one) - LAST.indexOf(other))
    for (const path of changed) await desk.settle(slug, path, next.files[path] ?? null, told)
    await own.replace(slug, next, before, told.by)
    if (!actsAlike(before, next.files)) await statuses.set(slug, 'draft', told)
  }

  async #sides(slug: string): Promise<{ base: Files; theirs: Files; origin: Origin }> {
    const { own, desk, profiles } = this.#deps
    const head = own.head(slug)
    const template = head && profiles.get(head.origin.template)
    if (!head || !template) throw invalid('template.unknown', 'template', 'is not there any more')
    const as = (files: Files) => filesAs(files, head)
    const origin = { template: template.id, version: template.version }
    return { base: as(await own.files(head.base)), theirs: as(desk.files(template.id)), origin }
  }

  /** Of a template that is used as it is: what people have edited, and has come anew with the program. */
  async #lookShipped(slug: string): Promise<Upgrade> {
    const { desk, profiles } = this.#deps
    const version = profiles.get(slug)?.version
    if (version === undefined) throw invalid('template.unknown', 'partner', 'has no template')
    const [base, theirs, yours]: Record<string, string>[] = [{}, {}, {}]
    for (const { path, conflicts } of desk.edited(slug)) {
      if (conflicts.length === 0) continue
      const sides = await desk.sides(slug, path)
      for (const [files, text] of [
        [base, sides.base],
        [theirs, sides.theirs],
        [yours, sides.yours],
      ] as const)
        if (files && text !== null) files[path] = text
    }
    return { from: version, to: version, files: compareFiles(base ?? {}, theirs ?? {}, yours ?? {}) }
  }
}

/** What a file is after the upgrade; undefined: there is none. */
function resultOf(change: FileChange, choice: Choice | undefined): string | undefined {
  const { state, theirs, yours, merged } = change
  if (isObject(choice)) return choice.text as string
  const usual =
    state === 'theirs' || state === 'added' || state === 'removed' ? 'theirs' : state === 'merged' ? state : 'yours'
  switch (choice ?? usual) {
    case 'theirs':
      return theirs
    case 'merged':
      return merged ?? yours
    default:
      return yours
  }
}

function readChoices(given: unknown, files: FileChange[]): Record<string, Choice> {
  const choices = given ?? {}
  if (!isObject(choices)) throw invalid('partner.choice', 'files', 'must be choices by path')
  const known = new Set(files.map(({ path }) => path))
  for (const [path, choice] of Object.entries(choices)) {
    const isText = isObject(choice) && typeof choice.text === 'string' && Object.keys(choice).length === 1
    const isWord = choice === 'theirs' || choice === 'yours' || choice === 'merged'
    if (!known.has(path)) throw invalid('partner.choice', `files.${path.slice(0, 200)}`, 'is no file of the upgrade')
    if (!isText && !isWord)
      throw invalid('partner.choice', `files.${path}`, 'must be theirs, yours, merged or { text }')
  }
  const open = files.find(({ path, state }) => state === 'conflict' && !Object.hasOwn(choices, path))
  if (open) throw invalid('partner.choice', `files.${open.path}`, 'was changed by both sides: somebody has to choose')
  return choices as Record<string, Choice>
}

function changedMeanwhile(): CartageError {
  return new CartageError('refused', 'partner.changed', 'The template has another version by now: look again.')
}
