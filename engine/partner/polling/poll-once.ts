import { CartageError } from '../../errors.ts'
import type { Profile } from '../profile-types.ts'
import { pollActive } from './active.ts'
import { pollFeed } from './feed.ts'
import type { Poll, PollDeps, Polled } from './poll.ts'

export type { PollDeps, Polled } from './poll.ts'

/**
 * Asks the partner once: what has changed, or about the shipments whose turn it is. What comes is stored before the place is noted from
 * which the next asking goes on, so that a crash in between brings it again, under the same ids. Throws `PartnerFailure`s, and
 * `poll.refused` (refused) where the partner says no to all of it.
 */
export async function pollOnce(profile: Profile, deps: PollDeps): Promise<Polled> {
  const { polling } = profile
  if (!polling) throw new CartageError('invalid', 'poll.none', `${profile.id} is not polled`)
  const poll: Poll = { ...deps, profile, polling }
  return polling.active ? pollActive(poll, polling.active) : pollFeed(poll)
}
