import type { CutOff, Profile } from './profile-types.ts'

/** Until when a partner takes something for the same day: as an analyst has said, else as its tariff says. */
export function cutOffOf({ cutOff, tariff }: Pick<Profile, 'cutOff' | 'tariff'>): CutOff | undefined {
  if (cutOff) return cutOff
  if (tariff?.cutOff === undefined) return undefined
  return { time: tariff.cutOff, ...(tariff.timeZone !== undefined && { timeZone: tariff.timeZone }) }
}
