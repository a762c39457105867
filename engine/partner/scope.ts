import type { Scope } from '../lifecycle/ownership.ts'
import type { Profile } from './profile-types.ts'

/** Which shipments a partner's events may move. A courier knows of its own; whoever is no partner is the hub itself. */
export function scopeOf(profile: Pick<Profile, 'kind' | 'scope'> | undefined): Scope {
  return profile?.scope ?? (profile?.kind === 'courier' ? 'own' : 'any')
}
