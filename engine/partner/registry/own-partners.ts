import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { Follower } from '../../delivery/follower.ts'
import { CartageError } from '../../errors.ts'
import { isVersionLost } from '../../store/failures.ts'
import type { AuditStore, Clock, DocumentStore, Motor, StoredDocument } from '../../store/ports.ts'
import { FOLDERS, loadProfile } from '../profile.ts'
import type { Profile } from '../profile-types.ts'
import { become } from './become.ts'
import { changedMeanwhile } from './changed.ts'
import { type Files, layOut } from './files.ts'
import { checkHead, type Origin, type OwnHead, OwnStore } from './own-store.ts'

export interface OwnPartnersDeps {
  documents: DocumentStore
  audit: Pick<AuditStore, 'append'>
  motor: Motor
  clock: Clock
  /** Every profile by slug: those of one's own come to the shipped ones. */
  profiles: Map<string, Profile>
  /** Where they are laid out, as templates are. */
  dir: string
  compile: (source: string) => unknown
  /** Takes what an operator should know. */
  warn: (line: string) => void
}

/** What a partner is made of. */
export interface Content {
  origin: Origin
  /** What the template has. */
  base: Files
  /** What the partner has. */
  files: Files
}

export interface NewPartner extends Content {
  slug: string
  label: string
  kind: Profile['kind']
}

export interface OwnFollowers {
  /** A profile was read anew: lays over it what people have edited. */
  adopt(profile: Profile): void
  /** A partner is gone. */
  forget(slug: string): void
}

const TOPIC = 'own-partners'
/** For so long an upgrade that was cut off may be done again as if it had not been begun. */
const CUT_OFF_MS = 3_600_000

/**
 * Partners that people have made from templates. The store says which there are and what they hold; every process lays them
 * out as folders and puts their profiles beside the shipped ones, at its start and whenever they change.
 */
export class OwnPartners {
  readonly #deps: OwnPartnersDeps
  readonly #store: OwnStore
  readonly #follower: Follower
  readonly #known = new Map<string, StoredDocument<OwnHead>>()
  /** Records that could not be used, by the version that was tried: told once. */
  readonly #refused = new Map<string, number>()
  readonly #shipped: ReadonlySet<string>
  #followers: OwnFollowers = { adopt: () => {}, forget: () => {} }

  constructor(deps: OwnPartnersDeps) {
    this.#deps = deps
    const complain = (error: unknown) => deps.warn(`partners: ${error}`)
    this.#follower = new Follower({ motor: deps.motor, topic: TOPIC, look: () => this.#look(), complain })
    this.#store = new OwnStore(deps.documents)
    this.#shipped = new Set(deps.profiles.keys())
  }

  /** Resolves when all that were ever made are there; what cannot be used is told and left out. */
  async start(): Promise<void> {
    await this.#look()
  }

  /** From now on follows the others. */
  follow(followers: OwnFollowers): void {
    this.#followers = followers
    this.#follower.start()
  }

  stop(): Promise<void> {
    return this.#follower.stop()
  }

  /** Resolves when everything that others have made up to now is there. */
  catchUp(): Promise<void> {
    return this.#follower.look()
  }

  head(slug: string): OwnHead | undefined {
    return this.#known.get(slug)?.body
  }

  /** Files that a record names. */
  files(content: string): Promise<Files> {
    return this.#store.files(content)
  }

  /**
   * Resolves with the profile when it is in use here. The others follow.
   * @throws CartageError refused `partner.taken`; invalid `profile.invalid` with its field when the files are no profile
   */
  async create({ slug, label, kind, origin, base, files }: NewPartner, by: string): Promise<Profile> {
    if (this.#shipped.has(slug) || (await this.#store.head(slug))) throw taken(slug)
    const now = this.#deps.clock.now()
    const contents = { files: await this.#store.keep(slug, files), base: await this.#store.keep(slug, base) }
    const head = { slug, label, kind, origin, ...contents, by, createdAt: now, changedAt: now }
    return this.#follower.inTurn(async () => {
      if (this.#known.has(slug)) throw taken(slug)
      const read = this.#checkedIn(this.#folderOf(head), files)
      await this.#deps.audit.append({ actor: by, action: 'partner.create', subject: slug, details: { ...origin } })
      const stored = await this.#store.put(head, 0).catch((error) => {
        throw isVersionLost(error) ? taken(slug) : error
      })
      this.#known.set(slug, stored)
      this.#deps.profiles.set(slug, read)
      this.#follower.tell()
      return read
    })
  }

  /** An upgrade begins. What it can be taken back to, also when it is cut off and soon done again. */
  async begin(slug: string, to: string, before: Files): Promise<Files> {
    const { body, version } = (await this.#store.head(slug)) ?? missing(slug)
    const now = this.#deps.clock.now()
    if (body.begun?.to === to && body.begun.at > now - CUT_OFF_MS) return this.#store.files(body.begun.files)
    const begun = { to, at: now, files: await this.#store.keep(slug, before) }
    await this.#put({ ...body, begun }, version)
    return before
  }

  /**
   * Another content holds from now on; what it replaces, `before`, can be brought back.
   * @throws CartageError refused `partner.changed`
   */
  async replace(slug: string, next: Content, before: Files, by: string): Promise<void> {
    const { body, version } = (await this.#store.head(slug)) ?? missing(slug)
    const contents = { files: await this.#store.keep(slug, next.files), base: await this.#store.keep(slug, next.base) }
    const previous = { origin: body.origin, files: await this.#store.keep(slug, before), base: body.base }
    const { begun: _done, ...others } = body
    const head = { ...others, origin: next.origin, ...contents, previous, by, changedAt: this.#deps.clock.now() }
    await this.#put(head, version)
  }

  #put(head: OwnHead, version: number): Promise<void> {
    return this.#follower.inTurn(async () => {
      const stored = await this.#store.put(head, version).catch(changedMeanwhile)
      await this.#take(stored)
      this.#follower.tell()
    })
  }

  /** The record and the folder go. Whoever calls has made sure that nobody needs it. */
  async remove(slug: string, by: string): Promise<void> {
    const stored = (await this.#store.head(slug)) ?? missing(slug)
    await this.#follower.inTurn(async () => {
      await this.#deps.audit.append({ actor: by, action: 'partner.remove', subject: slug, details: {} })
      await this.#store.remove(stored)
      this.#forget(slug)
      this.#follower.tell()
    })
  }

  async #look(): Promise<void> {
    const heads = await this.#store.heads()
    for (const stored of heads) {
      const isSeen = [this.#known.get(stored.id)?.version, this.#refused.get(stored.id)].includes(stored.version)
      if (isSeen) continue
      await this.#take(stored).catch((error) => {
        this.#refused.set(stored.id, stored.version)
        this.#deps.warn(`partners: the record of ${JSON.stringify(stored.id)} cannot be used: ${messageOf(error)}`)
      })
    }
    const there = new Set(heads.map(({ id }) => id))
    for (const slug of [...this.#known.keys()]) if (!there.has(slug)) this.#forget(slug)
  }

  /** Lays a record out and puts it in force; what is there already becomes it. */
  async #take(stored: StoredDocument<OwnHead>): Promise<void> {
    const head = checkHead(stored)
    if (this.#shipped.has(head.slug)) throw taken(head.slug)
    const files = await this.#store.files(head.files)
    const fresh = this.#profileIn(this.#folderOf(head), files)
    this.#followers.adopt(fresh)
    const known = this.#deps.profiles.get(head.slug)
    if (known) become(known, fresh)
    else this.#deps.profiles.set(head.slug, fresh)
    this.#known.set(head.slug, stored)
    this.#refused.delete(head.slug)
  }

  #profileIn(folder: string, files: Files): Profile {
    layOut(folder, files)
    return loadProfile(folder, { compile: this.#deps.compile })
  }

  /** A folder of which nothing is known to the store is nobody's. */
  #checkedIn(folder: string, files: Files): Profile {
    try {
      return this.#profileIn(folder, files)
    } catch (error) {
      rmSync(folder, { recursive: true, force: true })
      throw error
    }
  }

  #forget(slug: string): void {
    const known = this.#known.get(slug)
    if (known) rmSync(this.#folderOf(known.body), { recursive: true, force: true })
    this.#known.delete(slug)
    this.#deps.profiles.delete(slug)
    this.#followers.forget(slug)
  }

  #folderOf({ kind, slug }: Pick<OwnHead, 'kind' | 'slug'>): string {
    return join(this.#deps.dir, FOLDERS[kind], slug)
  }
}

export function taken(slug: string): CartageError {
  return new CartageError('refused', 'partner.taken', `there is a partner or a template "${slug}" already`, {
    field: 'slug',
  })
}

function missing(slug: string): never {
  throw new CartageError('invalid', 'partner.unknown-partner', `there is no partner of your own "${slug}"`)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
