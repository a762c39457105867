import { WallClock } from '../delivery/wall-clock.ts'
import type { CutOff, Manifest, Profile } from './profile-types.ts'

/** Until when a partner takes something for the same day: as an analyst has said, else as its tariff says. */
export function cutOffOf({ cutOff, tariff }: Pick<Profile, 'cutOff' | 'tariff'>): CutOff | undefined {
  if (cutOff) return cutOff
  if (tariff?.cutOff === undefined) return undefined
  return { time: tariff.cutOff, ...(tariff.timeZone !== undefined && { timeZone: tariff.timeZone }) }
}

/** A zone that nobody knows would end every decision that asks this partner's clock. */
export function zoneIssue({ cutOff, tariff }: Pick<Manifest, 'cutOff' | 'tariff'>) {
  for (const [field, zone] of Object.entries({
    'cutOff.timeZone': cutOff?.timeZone,
    'tariff.timeZone': tariff?.timeZone,
  }))
    if (zone !== undefined && !WallClock.isZone(zone))
      return { field, problem: `"${zone}" is no time zone like Europe/Paris` }
  return undefined
}
