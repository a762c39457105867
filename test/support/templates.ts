import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { createEvaluator } from '../../engine/mapping/evaluate.ts'
import { packageRoot } from '../../engine/package-root.ts'
import { loadProfile, type Profile } from '../../engine/partner/profile.ts'

export const evaluator = createEvaluator()
export const templatesFolder = join(packageRoot(), 'templates')
/** Folders of the templates of this repository. */
export function templateFolders(): string[] {
  return readdirSync(templatesFolder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => readdirSync(join(templatesFolder, name)).map((slug) => join(templatesFolder, name, slug)))
    .filter((folder) => existsSync(join(folder, 'manifest.json')))
    .sort()
}

/** One template, checked and compiled. */
export const templateIn = (folder: string): Profile => loadProfile(folder, { compile: evaluator.compile })

/** One template of this repository by its slug. */
export function templateOf(slug: string): Profile {
  const folder = templateFolders().find((path) => basename(path) === slug)
  if (folder === undefined) throw new Error(`there is no template ${slug}`)
  return templateIn(folder)
}

/** Names of the files in the template's samples/. */
export function samplesOf({ folder }: Profile): string[] {
  const samples = join(folder, 'samples')
  return existsSync(samples) ? readdirSync(samples).sort() : []
}

export function sampleText({ folder }: Profile, name: string): Buffer {
  return readFileSync(join(folder, 'samples', name))
}

// biome-ignore lint/suspicious/noExplicitAny: samples are anybody's JSON
export const sample = (profile: Profile, name: string): any => JSON.parse(sampleText(profile, name).toString('utf8'))

/** The parameters that samples are mapped with: defaults, and what `samples/parameters.json` sets for this account. */
export function sampleParameters(profile: Profile): Record<string, string> {
  const defaults = profile.parameters.filter((one) => one.default !== undefined)
  const own = samplesOf(profile).includes('parameters.json') ? sample(profile, 'parameters.json') : {}
  return { ...Object.fromEntries(defaults.map((one) => [one.name, one.default ?? ''])), ...own }
}
