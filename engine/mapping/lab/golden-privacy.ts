import { createHash } from 'node:crypto'
import { CartageError } from '../../errors.ts'
import type { MappingRef } from '../catalogue.ts'
import { splitter } from './goldens.ts'
import { asNamed, shownSample, type View, viewOf, withDisguise } from './offered.ts'
import { leavesOf, valuesAt } from './paths.ts'
import { kindOf, type PersonalHints, personalPathsIn, replacedPathsIn } from './personal.ts'
import type { PersonalKind } from './personal-kinds.ts'
import { badRequest, type Lab, type Place, placeOf, sourceOf } from './place.ts'
import { readTemplateSample, type Sample, templateSamples } from './samples.ts'

/** Which fields the person wants otherwise than the rules have them, as the mapping names them. */
export interface AskedPrivacy {
  partner?: unknown
  mapping?: unknown
  source?: unknown
  sample?: unknown
  keep?: unknown
  replace?: unknown
}

/** A message as it may be kept for everybody to read. */
export interface PrivateSample {
  sample: Sample
  /** What is replaced by inventions. */
  replaced: ReadonlyMap<string, PersonalKind>
  fields: PrivacyField[]
}

export interface PrivacyField {
  path: string
  /** Of what is replaced. */
  kind?: PersonalKind
  /** Only its shape where it is, or may be, somebody's: `Xxxxx 00`. */
  before: string
  after: string
}

/** Fields of one sample that are told, and may be decided on. */
const MOST_FIELDS = 1_000
/** Characters of a value that are shown. */
const SHOWN = 80
/** Longer texts of other samples are no status words. */
const LONGEST_WORDS = 200

/** What would be replaced by what, before anything is kept. */
export async function previewSample(
  lab: Lab,
  asked: AskedPrivacy,
  mayKnow: boolean,
): Promise<{ fields: PrivacyField[] }> {
  const place = placeOf(lab, asked)
  const { fields } = await privateSample(lab, place, sourceOf(asked.source), asked, mayKnow)
  return { fields }
}

/**
 * The sample with inventions in the place of what is personal. Who may not see personal data keeps none of what may be: there
 * the rule of the masked view holds, and no choice against it. The same message gives the same inventions each time.
 */
export async function privateSample(
  lab: Lab,
  place: Place,
  source: string,
  asked: AskedPrivacy,
  mayKnow: boolean,
): Promise<PrivateSample> {
  const view = viewOf(place, source, true)
  const { sample } = await shownSample(lab, place, asked.sample, view)
  const { ref } = place
  const body = asNamed(ref, sample.body)
  const hints = await withOtherSamples(lab, place, view)
  const mayBe = personalPathsIn(body, hints)
  const knows = mayKnow || !sample.id.startsWith('message:')
  const keep = pathsOf('keep', asked.keep, body)
  if (!knows && keep.some((path) => mayBe.has(path)))
    throw new CartageError('refused', 'lab.personal', 'who may not see personal data cannot keep it', { field: 'keep' })
  const replaced = new Map(knows ? replacedPathsIn(body, hints) : mayBe)
  for (const path of keep) replaced.delete(path)
  for (const path of pathsOf('replace', asked.replace, body)) replaced.set(path, kindAt(path, body, hints))
  const salt = createHash('sha256').update(lab.salt).update(JSON.stringify(sample.body)).digest('hex')
  const invented = withDisguise(ref, sample.body, replaced, { salt, kept: view.kept, untouched: new Set(keep) })
  const fields = fieldsOf(ref, sample.body, invented, { replaced, mayBe })
  return { sample: { ...sample, body: invented }, replaced, fields }
}

function kindAt(path: string, body: unknown, hints: PersonalHints): PersonalKind {
  const [value] = valuesAt(body, path).flat(8)
  return kindOf({ path, value: value as string }, hints)
}

function pathsOf(field: string, asked: unknown, body: unknown): string[] {
  if (asked === undefined) return []
  if (!Array.isArray(asked) || asked.length > MOST_FIELDS) throw badRequest(field, 'must be a list of paths')
  const known = new Set(leavesOf(body).map(({ path }) => path))
  if (asked.some((path) => !known.has(path))) throw badRequest(field, 'names a field that the sample does not have')
  return asked as string[]
}

/** What the other samples of the mapping say as well, the partner says of its own accord. */
async function withOtherSamples(lab: Lab, { profile, mapping, samples }: Place, view: View): Promise<PersonalHints> {
  const ownWords = new Set(view.hints.ownWords)
  for (const one of templateSamples(profile, mapping, samples)) {
    const other = await readTemplateSample(one, samples, splitter(lab, profile)).catch(() => undefined)
    for (const { value } of leavesOf(other?.body))
      if (typeof value === 'string' && value.length <= LONGEST_WORDS) ownWords.add(value.trim().toLowerCase())
  }
  return { ...view.hints, ownWords }
}

function fieldsOf(
  ref: MappingRef,
  before: unknown,
  after: unknown,
  { replaced, mayBe }: { replaced: ReadonlyMap<string, PersonalKind>; mayBe: ReadonlyMap<string, PersonalKind> },
): PrivacyField[] {
  const [old, made] = [asNamed(ref, before), asNamed(ref, after)]
  const said = leavesOf(old).filter(({ value }) => value !== null && value !== '' && typeof value !== 'boolean')
  const paths = [...new Set(said.map(({ path }) => path))]
  const first = (body: unknown, path: string) => String(valuesAt(body, path).flat(8)[0] ?? '').slice(0, SHOWN)
  const told = paths.map((path): PrivacyField => {
    const [was, is] = [first(old, path), first(made, path)]
    const kind = replaced.get(path)
    const hidden = kind !== undefined || mayBe.has(path) || was !== is
    return { path, ...(kind && { kind }), before: hidden ? shapeOf(was) : was, after: is }
  })
  return told.toSorted((one, other) => Number(!one.kind) - Number(!other.kind)).slice(0, MOST_FIELDS)
}

function shapeOf(text: string): string {
  return text
    .replace(/\d/g, '0')
    .replace(/\p{Lu}/gu, 'X')
    .replace(/(?!X)\p{L}/gu, 'x')
}
