import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { folderOf } from '../../engine/mapping/catalogue.ts'
import { loadProfile } from '../../engine/partner/profile.ts'
import type { Account } from '../../engine/partner/trial/account.ts'
import { trialOf } from '../../engine/partner/trial/run.ts'
import type { Check } from '../../engine/partner/trial/types.ts'
import { temporaryFolder } from './temp.ts'
import { evaluator, templateFolders } from './templates.ts'

/** A copy of a template that somebody spoils. */
export interface Clone {
  /** Changes the manifest, as it is or as a copy. */
  // biome-ignore lint/suspicious/noExplicitAny: a manifest that is spoilt has any shape
  manifest(change: (manifest: any) => void): void
  /** Writes a file anew, from what it held. */
  file(path: string, change: (text: string) => string): void
}

/** The trial of a template's copy as `spoil` leaves it. */
export async function trialOfClone(slug: string, spoil: (clone: Clone) => void, account?: Account): Promise<Check[]> {
  const original = templateFolders().find((path) => basename(path) === slug)
  if (original === undefined) throw new Error(`there is no template ${slug}`)
  const place = temporaryFolder()
  const folder = join(place.path, basename(dirname(original)), slug)
  cpSync(original, folder, { recursive: true })
  const file: Clone['file'] = (path, change) => {
    const before = readFileSync(join(folder, path), 'utf8')
    const after = change(before)
    if (after === before) throw new Error(`${path} is as it was: nothing is spoilt`)
    writeFileSync(join(folder, path), after)
  }
  spoil({
    file,
    manifest: (change) =>
      file('manifest.json', (text) => {
        const manifest = JSON.parse(text)
        change(manifest)
        return JSON.stringify(manifest)
      }),
  })
  try {
    const profile = loadProfile(folder, { compile: evaluator.compile })
    return await trialOf({ profile, samples: folderOf(profile), ...(account && { account }) })
  } finally {
    place.remove()
  }
}
