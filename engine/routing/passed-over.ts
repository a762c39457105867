import type { PassedOver, Shipment } from '../canonical/types.ts'
import { isCurrent } from '../lifecycle/index.ts'
import type { Wish } from './select.ts'

/** So long somebody who could not be had is not asked again while others can be. */
const AWAY_MS = 60_000
const LONGEST_WHY = 300

/**
 * Who did not take the shipment when it was asked, the newest last. A no stands until a person takes it back; who was away may be back
 * after a while; to a changed order nobody has said anything.
 */
export async function passedOver(
  shipment: Shipment,
  { attempted, now }: Pick<Wish, 'attempted' | 'now'>,
  refused: (effectId: string) => Promise<boolean>,
): Promise<PassedOver[]> {
  const { selection, formerSelections = [] } = shipment
  const made = [...formerSelections, ...(selection ? [selection] : [])].filter((one) => isCurrent(one, shipment))
  const said = new Map<string, PassedOver>()
  for (const { instead } of made)
    if (instead && instead.partner !== attempted?.partner) said.set(instead.partner, instead)
  const still = async ({ outcome, effectId, at }: PassedOver) => {
    if (outcome === 'unreachable') return now - Date.parse(at) < AWAY_MS
    return effectId === undefined || (await refused(effectId))
  }
  const all = [...said.values()]
  const stands = await Promise.all(all.map(still))
  const passed = all.filter((_one, index) => stands[index])
  if (!attempted) return passed
  const { partner, outcome, code, why, effect } = attempted
  const id = effect && { effectId: effect.id }
  return [...passed, { partner, outcome, ...id, code, why: why.slice(0, LONGEST_WHY), at: new Date(now).toISOString() }]
}
