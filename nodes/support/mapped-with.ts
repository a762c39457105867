import { CHOSEN_ABOVE, type MappingChoices } from '../../engine/mapping/choices.ts'
import type { MappingJob } from '../../engine/mapping/map-events.ts'
import { type MappingVersions, versionOf } from '../../engine/mapping/versions.ts'
import type { Profile } from '../../engine/partner/profile-types.ts'
import type { Delivery } from '../../engine/store/ports.ts'

interface Mappings {
  mappings: { versions: MappingVersions; choices: MappingChoices }
  /** Set in a dry run, which keeps nothing. */
  rehearsal?: unknown
}

interface Mapping {
  profile: Profile
  /** `map/webhook.jsonata`, or the name of the node in which it is written. */
  name: string
  source: string
}

/** What a delivery is mapped with: what holds now, or the version that somebody chose for it when it was replayed. */
export async function mappedWith(
  { mappings: { versions, choices }, rehearsal }: Mappings,
  { profile, name, source }: Mapping,
  delivery: Delivery | undefined,
): Promise<Pick<MappingJob, 'profile' | 'mappingSource'> & { mappingVersion: string }> {
  // Given for the first time, a message cannot have been replayed: it need not be asked after.
  const asked = delivery !== undefined && (rehearsal !== undefined || delivery.token > CHOSEN_ABOVE)
  const about = { partner: profile.id, mapping: name }
  const chosen = asked ? await choices.chosen(versions, delivery.message.id, about) : undefined
  if (chosen !== undefined) {
    const { source: mappingSource, codes, version: mappingVersion } = chosen
    return { profile: { ...profile, codes }, mappingSource, mappingVersion }
  }
  const mappingVersion = rehearsal ? versionOf(profile, source) : await versions.of(profile, name, source)
  return { profile, mappingSource: source, mappingVersion }
}
