import { FOLDERS, loadProfiles } from '../profile.ts'
import type { PartnerKind, Profile } from '../profile-types.ts'
import { styleOf } from './gallery.ts'

const [BEGIN, END] = ['<!-- partners: begin (npm run types) -->', '<!-- partners: end -->']

/** A document with the table of all templates between its marks. */
export function withPartnersTable(document: string, templatesDir: string): string {
  const [before, rest] = document.split(BEGIN)
  const [, after] = (rest ?? '').split(END)
  if (before === undefined || after === undefined) throw new Error(`the marks ${BEGIN} and ${END} are missing`)
  return `${before}${BEGIN}\n${partnersTable([...loadProfiles(templatesDir).values()])}\n${END}${after}`
}

/** One row a template, by kind and name. Generic ones come first: they are for whoever has no template. */
function partnersTable(profiles: readonly Profile[]): string {
  const kinds = Object.keys(FOLDERS) as PartnerKind[]
  const rows = kinds.flatMap((kind) =>
    profiles
      .filter((profile) => profile.kind === kind)
      .sort((one, other) => compare(sortKey(one), sortKey(other)))
      .map(row),
  )
  const head = '| partner | kind | how | what it can do | status |\n| --- | --- | --- | --- | --- |'
  return `${head}\n${rows.join('\n')}`
}

function row(profile: Profile): string {
  const { id, kind, label, capabilities, status } = profile
  const link = `[${cell(label)}](templates/${FOLDERS[kind]}/${id})`
  return `| ${link} | ${kind} | ${styleOf(profile)} | ${capabilities.map(words).join(', ')} | ${status} |`
}

function sortKey({ generic, label }: Profile): string {
  return `${generic ? 0 : 1}${label.toLowerCase()}`
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other)
}

/** `second-attempt` as people say it. */
function words(capability: string): string {
  return capability.replaceAll('-', ' ')
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('[', '\\[')
}
