import { splitter } from './goldens.ts'
import { isObject } from './paths.ts'
import { type Disguise, disguised } from './disguise.ts'
import { messagesFor, readMessageSample } from './message-samples.ts'
import { personalPathsIn, type PersonalHints } from './personal.ts'
import type { PersonalKind } from './personal-kinds.ts'
import { hintsOf, labelsOf, vocabularyOf } from './provenance.ts'
import { badRequest, type Lab, type Place, unknown } from './place.ts'
import { readTemplateSample, type Sample, sampleParameters, type TemplateSample, templateSamples } from './samples.ts'
import type { MappingRef } from '../catalogue.ts'

export interface OfferedSample {
  id: string
  kind: 'template' | 'message'
  name: string
  /** RFC 3339; when a message came in. */
  at?: string
  /** File that says what must come out. */
  golden?: string
  outcome?: string
}

/** A sample as somebody may see it. */
export interface ShownSample {
  sample: Sample
  ref: MappingRef
  params: Readonly<Record<string, string>>
  /** Values at `personal` are inventions. */
  masked: boolean
  /** As the mapping names them: `body.recipient.phone` of a delivery. */
  personal: string[]
}

/** May this person see personal data? And what of the payload do we know to be personal? */
export interface View {
  personal: boolean
  hints: PersonalHints
  /** Words that stay in what is disguised. */
  kept: ReadonlySet<string>
}

/** By the mapping as saved; a mapping in a node by its draft. */
export function viewOf({ profile, ref, source }: Place, draft: string, personal: boolean): View {
  const text = source ?? draft
  return { personal, hints: { ...hintsOf(ref, text), ownWords: labelsOf(profile) }, kept: vocabularyOf(profile, text) }
}

/** Largest body that somebody may give along with a request, as JSON. */
const MAX_BODY = 2 * 1024 * 1024

/** What a mapping can be tried on: the template's samples, then messages of the last days. */
export async function offeredSamples(lab: Lab, place: Place): Promise<OfferedSample[]> {
  const own = samplesHere(place).map(({ name, input, golden }): OfferedSample => {
    return { id: `template:${input}`, kind: 'template', name, ...(golden !== undefined && { golden }) }
  })
  const messages = (await messagesFor(lab, place.profile, place.mapping, place.ref)).map(
    ({ id, key, at, outcome }): OfferedSample => ({
      ...{ id: `message:${id}`, kind: 'message', name: key, at: new Date(at).toISOString() },
      ...(outcome !== undefined && { outcome }),
    }),
  )
  return [...own, ...messages]
}

/** A mapping in a node is shown with the samples of the template's own webhook or documents. */
function samplesHere({ profile, samples, mapping, ref, source }: Place): TemplateSample[] {
  if (source !== undefined) return templateSamples(profile, mapping, samples)
  const name = ref.direction === 'in' ? (profile.webhook?.mapping ?? '') : ''
  return templateSamples(profile, name, samples)
}

/** The sample that is asked for: by its id, or the body itself. A message's personal data only for those who may see it. */
export async function shownSample(lab: Lab, place: Place, asked: unknown, view: View): Promise<ShownSample> {
  if (!isObject(asked)) throw badRequest('sample', 'must be an object with an id, or with a body')
  if (asked.id === undefined) return givenSample(lab, place, asked)
  if (typeof asked.id !== 'string' || asked.id.length > 1100) throw badRequest('sample.id', 'must be a text')
  const [kind, name] = split(asked.id)
  if (kind === 'template') return shownTemplate(lab, place, name, view)
  if (kind !== 'message') throw unknown('sample', 'there is no such sample')
  const sample = await readMessageSample(lab, place.profile, place.ref, name)
  const personal = personalSources(place.ref, sample.body, view.hints)
  const body = view.personal
    ? sample.body
    : withDisguise(place.ref, sample.body, personal, { salt: lab.salt, kept: view.kept })
  const params = lab.parameters(place.profile.id)
  return { sample: { ...sample, body }, ref: place.ref, params, masked: !view.personal, personal: [...personal.keys()] }
}

/** Invented from the start, so that everybody may see it. */
async function shownTemplate(lab: Lab, place: Place, input: string, { hints }: View): Promise<ShownSample> {
  const found = samplesHere(place).find((one) => one.input === input)
  if (!found) throw unknown('sample', 'the template has no such sample')
  const sample = await readTemplateSample(found, place.samples, splitter(lab, place.profile))
  const ref = place.source === undefined ? place.ref : found.ref
  const personal = [...personalSources(ref, sample.body, hints).keys()]
  return { sample, ref, params: sampleParameters(place.profile, place.samples), masked: false, personal }
}

/** The fields of the payload that are somebody's, as the mapping names them. */
export function personalSources(ref: MappingRef, body: unknown, hints: PersonalHints): Map<string, PersonalKind> {
  return personalPathsIn(asNamed(ref, body), hints)
}

/** What the names in a mapping begin from. */
export function asNamed({ input }: MappingRef, body: unknown): unknown {
  return input === 'delivery' ? { body } : body
}

export function withDisguise(
  { input }: MappingRef,
  body: unknown,
  personal: ReadonlyMap<string, PersonalKind>,
  disguise: Disguise,
): unknown {
  if (input !== 'delivery') return disguised(body, personal, disguise)
  return (disguised({ body }, personal, disguise) as { body: unknown }).body
}

function givenSample(lab: Lab, { profile, ref }: Place, asked: Record<string, unknown>): ShownSample {
  const { body, headers = {} } = asked
  if (body === undefined) throw badRequest('sample.body', 'is missing')
  if (!isObject(headers) || Object.values(headers).some((value) => typeof value !== 'string'))
    throw badRequest('sample.headers', 'must be an object of texts')
  const bytes = Buffer.byteLength(JSON.stringify(body))
  if (bytes > MAX_BODY) throw badRequest('sample.body', `must not be larger than ${MAX_BODY} bytes`)
  const sample: Sample = {
    id: 'given',
    body,
    headers: headers as Record<string, string>,
    receivedAt: new Date().toISOString(),
    bytes,
  }
  return { sample, ref, params: lab.parameters(profile.id), masked: false, personal: [] }
}

function split(id: string): [string, string] {
  const at = id.indexOf(':')
  return [id.slice(0, at), id.slice(at + 1)]
}
