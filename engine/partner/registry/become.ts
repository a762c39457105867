import type { Profile } from '../profile-types.ts'

/** Of a profile that the manifest does not say. */
const BESIDE = new Set(['folder', 'mappings', 'codes', 'rates'])

/**
 * A profile takes over what another says. Everybody keeps the one object that he holds; whoever began with a part of it goes
 * on with that part.
 */
export function become(profile: Profile, other: Profile): void {
  replace(profile, other, () => true)
}

/** The same, only of what the manifest says. */
export function becomeManifest(profile: Profile, other: Profile): void {
  replace(profile, other, (name) => !BESIDE.has(name))
}

function replace(profile: Profile, other: Profile, concerns: (name: string) => boolean): void {
  const target = profile as unknown as Record<string, unknown>
  for (const name of Object.keys(target)) if (concerns(name) && !Object.hasOwn(other, name)) delete target[name]
  for (const [name, value] of Object.entries(other)) if (concerns(name)) target[name] = value
}
