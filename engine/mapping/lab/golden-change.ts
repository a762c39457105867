import { encode } from '../../formats/index.ts'
import type { TemplateDesk } from '../../partner/desk/desk.ts'
import { CartageError } from '../../errors.ts'
import type { MappingRef } from '../catalogue.ts'
import { asJson, goldenText } from './golden-form.ts'
import { runSample } from './goldens.ts'
import { privateSample } from './golden-privacy.ts'
import type { PersonalKind } from './personal-kinds.ts'
import { badRequest, type Lab, type Place, placeOf, sourceOf, unknown } from './place.ts'
import { runMapping } from './run.ts'
import { type Sample, sampleParameters, templateSamples } from './samples.ts'

export interface AskedChange {
  partner?: unknown
  mapping?: unknown
  source?: unknown
  /** Of the sample. */
  name?: unknown
  why?: unknown
  sample?: unknown
  /** Fields of the sample that stay as they are, and such as are replaced too. */
  keep?: unknown
  replace?: unknown
}

/** Takes what the draft makes of a sample as what it must make from now on. Somebody decides that, and says why. */
export async function acceptGolden(lab: Lab, desk: TemplateDesk, asked: AskedChange, by: string) {
  const { profile, mapping, samples } = placeOf(lab, asked)
  const source = sourceOf(asked.source)
  if (typeof asked.why !== 'string' || asked.why.trim() === '') throw badRequest('why', 'must say why it is right')
  const sample = templateSamples(profile, mapping, samples).find(({ name }) => name === asked.name)
  if (!sample) throw unknown('sample', 'the template has no such sample')
  const { ref } = sample
  const golden = sample.golden ?? goldenNameOf(ref, sample.name)
  const run = await runSample(lab, profile, sample, { source })
  refuseInvalid(run.issues)
  const before = sample.golden === undefined ? undefined : samples.read(sample.golden)
  const text = goldenText(ref, run, golden, before)
  return desk.save(profile.id, `samples/${golden}`, text, { by, why: asked.why })
}

export interface AddedSample {
  /** Fields whose values are inventions now, as the mapping names them. */
  replaced: { path: string; kind: PersonalKind }[]
  files: string[]
}

const NAME = /^[a-z0-9][a-zA-Z0-9_-]*(\.[a-zA-Z0-9_-]+)*$/

/**
 * Makes a message, or a body given along, a sample of the template, with what the draft makes of it as its golden. What is
 * personal is replaced by inventions, the same by the same; headers, and the signature among them, are left out.
 */
export async function addSample(
  lab: Lab,
  desk: TemplateDesk,
  asked: AskedChange,
  { by, mayKnow }: { by: string; mayKnow: boolean },
): Promise<AddedSample> {
  const place = placeOf(lab, asked)
  const source = sourceOf(asked.source)
  const { ref, profile, samples } = place
  if (typeof asked.name !== 'string' || asked.name.length > 80 || !NAME.test(asked.name))
    throw badRequest('name', 'must be letters, digits and hyphens, with points between words')
  const files = fileNames(place, asked.name)
  if (samples.names().some((file) => Object.values(files).includes(file))) throw badRequest('name', 'is taken')
  const { sample, replaced } = await privateSample(lab, place, source, asked, mayKnow)
  const { body } = sample
  const invented: Sample = { ...sample, headers: topicOf(sample) }
  const bench = { evaluator: lab.evaluator, profile, params: sampleParameters(profile, samples) }
  const run = await runMapping(bench, ref, source, invented)
  refuseInvalid(run.issues)
  const told = { by, why: `a sample from ${sample.id}` }
  const inputFormat = ref.direction === 'out' ? 'json' : ref.format
  const input =
    inputFormat === 'json'
      ? `${JSON.stringify(body, undefined, 2)}\n`
      : encode(inputFormat, asJson(body)).toString('utf8')
  await desk.save(profile.id, `samples/${files.input}`, input, told)
  if (invented.headers.topic !== undefined) await keepTopic(desk, place, files.input, invented.headers.topic, told)
  await desk.save(profile.id, `samples/${files.golden}`, goldenText(ref, run, files.golden), told)
  return { replaced: [...replaced].map(([path, kind]) => ({ path, kind })), files: Object.values(files) }
}

function refuseInvalid([wrong]: { field: string; message: string }[]): void {
  if (wrong)
    throw new CartageError(
      'invalid',
      'lab.golden-invalid',
      `what the mapping makes is not valid: ${wrong.field} ${wrong.message}`,
      {
        field: wrong.field,
      },
    )
}

/** By the convention of samples; an operation has one, which its name fixes. */
function fileNames({ ref }: Place, name: string): { input: string; golden: string } {
  const stem = `${ref.samples === '' ? 'mqtt.' : ref.samples}${name}`
  if (ref.input === 'answer' || ref.role === 'request')
    throw new CartageError('refused', 'lab.one-sample', 'an operation has one sample; change that one')
  const written = EXTENSION[ref.format] ?? ref.format
  if (ref.direction === 'out') return { input: `${stem}.input.json`, golden: `${stem}.${written}` }
  return { input: `${stem}.${written}`, golden: `${stem}.canonical.json` }
}

const EXTENSION: Partial<Record<MappingRef['format'], string>> = { x12: 'edi', edifact: 'edi' }

function goldenNameOf({ direction, format, input }: MappingRef, name: string): string {
  if (input !== 'delivery' && direction === 'out')
    return `${name.replace(/\.input$/, '.request')}.${EXTENSION[format] ?? format}`
  return input === 'answer' ? `${name.replace(/\.response$/, '.answer')}.json` : `${name}.canonical.json`
}

function topicOf({ headers: { topic } }: Sample): Record<string, string> {
  return topic === undefined ? {} : { topic }
}

/** A device's topic says who it is; a sample without it would be of nobody. */
async function keepTopic(
  desk: TemplateDesk,
  { profile, samples }: Place,
  input: string,
  topic: string,
  told: { by: string; why: string },
): Promise<void> {
  const known = samples.names().includes('topics.json') ? JSON.parse(samples.read('topics.json').toString('utf8')) : {}
  const text = `${JSON.stringify({ ...known, [input]: topic }, undefined, 2)}\n`
  await desk.save(profile.id, 'samples/topics.json', text, told)
}
