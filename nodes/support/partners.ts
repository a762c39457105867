import type { PartnerClient } from '../../engine/partner/client.ts'
import type { Profile } from '../../engine/partner/profile.ts'

/** A partner as flows use it: its profile, and the client that speaks to it with this deployment's address and secrets. */
export interface PartnerHandle {
  slug: string
  profile: Profile
  client: PartnerClient
  /** The value of a declared credential or parameter; undefined when nobody set it. */
  secret(name: string): string | undefined
}
