import { createHash } from 'node:crypto'
import { CartageError } from '../errors.ts'
import { canonicalJson } from '../json.ts'
import type { CodeTable } from '../partner/codes.ts'
import type { Profile } from '../partner/profile-types.ts'
import { isVersionLost } from '../store/failures.ts'
import type { Clock, DocumentStore } from '../store/ports.ts'

const KIND = 'mapping-version'
/** Times at which a version came into use that are kept, the newest; one for each process that began with it. */
const MAX_USES = 100
const MAX_TRIES = 20

/** A mapping as it was once: enough to map with it again. */
export interface MappingVersion {
  partner: string
  /** `<version of the template>+<8 hex>` of what follows. */
  version: string
  /** `map/webhook.jsonata`, or the id of the node in which it is written. */
  mapping: string
  source: string
  codes: CodeTable
  /** When it came into use, epoch milliseconds, oldest first. */
  usedFrom: number[]
}

type Mapped = Pick<Profile, 'id' | 'version' | 'codes'>

interface InUse {
  source: string
  codes: CodeTable
  version: Promise<string>
}

/** Which version of a mapping a message is mapped with; whatever was ever used is kept, so that it can be used again. */
export class MappingVersions {
  readonly #documents: DocumentStore
  readonly #clock: Clock
  readonly #inUse = new Map<string, InUse>()

  constructor({ documents, clock }: { documents: DocumentStore; clock: Clock }) {
    this.#documents = documents
    this.#clock = clock
  }

  /** The version in use from now on; kept before its first use, and looked up in memory after it. */
  of(profile: Mapped, mapping: string, source: string): Promise<string> {
    const { id: partner, codes } = profile
    const key = nameOf(partner, mapping)
    const known = this.#inUse.get(key)
    if (known?.source === source && known.codes === codes) return known.version
    const version = this.#begin({ partner, version: versionOf(profile, source), mapping, source, codes, usedFrom: [] })
    this.#inUse.set(key, { source, codes, version })
    version.catch(() => this.#inUse.delete(key))
    return version
  }

  async get(partner: string, mapping: string, version: string): Promise<MappingVersion | undefined> {
    return (await this.#documents.get<MappingVersion>(KIND, idOf({ partner, mapping, version })))?.body
  }

  /** The newest first. */
  async all(partner: string, mapping: string): Promise<MappingVersion[]> {
    const found = await this.#documents.find<MappingVersion>(KIND, nameOf(partner, mapping), 'mapping')
    const newest = ({ usedFrom }: MappingVersion) => usedFrom.at(-1) ?? 0
    return found.map(({ body }) => body).sort((one, other) => newest(other) - newest(one))
  }

  /** The one that was in use then. */
  async inUseAt(partner: string, mapping: string, at: number): Promise<MappingVersion | undefined> {
    let best: { began: number; version: MappingVersion } | undefined
    for (const version of await this.all(partner, mapping)) {
      const began = version.usedFrom.findLast((from) => from <= at)
      if (began !== undefined && began > (best?.began ?? -1)) best = { began, version }
    }
    return best?.version
  }

  async #begin(used: MappingVersion): Promise<string> {
    const references = [{ type: 'mapping', value: nameOf(used.partner, used.mapping) }]
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const known = await this.#documents.get<MappingVersion>(KIND, idOf(used))
      const usedFrom = [...(known?.body.usedFrom ?? []), this.#clock.now()].slice(-MAX_USES)
      try {
        await this.#documents.put<MappingVersion>(
          ...[KIND, idOf(used), { ...used, usedFrom }, { expect: known?.version ?? 0, references }],
        )
        return used.version
      } catch (error) {
        if (!isVersionLost(error)) throw error
      }
    }
    throw new CartageError('transient', 'mapping.contended', 'the version of the mapping is written to all the time')
  }
}

export function versionOf({ version, codes }: Mapped, source: string): string {
  const hash = createHash('sha256').update(source).update('\0').update(canonicalJson(codes))
  return `${version}+${hash.digest('hex').slice(0, 8)}`
}

function nameOf(partner: string, mapping: string): string {
  return `${partner}/${mapping}`
}

function idOf({ partner, mapping, version }: Pick<MappingVersion, 'partner' | 'mapping' | 'version'>): string {
  return `${nameOf(partner, mapping)}@${version}`
}
