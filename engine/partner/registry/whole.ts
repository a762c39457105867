import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { canonicalJson } from '../../json.ts'
import { MANIFEST } from '../desk/checks.ts'
import { FOLDERS, loadProfile } from '../profile.ts'
import type { Manifest, Profile } from '../profile-types.ts'
import { type Files, layOut } from './files.ts'

/**
 * Are these files a partner, before anything of it holds?
 * @throws CartageError invalid `profile.invalid` with the field, `template.codes`, or what the compiler has to say
 */
export function checkWhole(
  { id, kind }: Pick<Profile, 'id' | 'kind'>,
  files: Files,
  compile: (source: string) => unknown,
): void {
  const place = mkdtempSync(join(tmpdir(), 'cartage-partner-'))
  try {
    const folder = join(place, FOLDERS[kind], id)
    layOut(folder, files)
    loadProfile(folder, { compile })
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
}

/** What of a manifest only people read. */
const TOLD = ['version', 'label', 'description', 'website', 'docs', 'status', '$schema'] as const

/** Do two contents do the same? Samples, pictures and words for people do nothing. */
export function actsAlike(one: Files, other: Files): boolean {
  return acting(one) === acting(other)
}

function acting(files: Files): string {
  const parts = Object.entries(files).filter(([path]) => path === 'codes.json' || path.startsWith('map/'))
  const manifest: Partial<Manifest> & { $schema?: string } = JSON.parse(files[MANIFEST] ?? '{}')
  for (const name of TOLD) delete manifest[name]
  return canonicalJson([Object.fromEntries(parts), manifest])
}
