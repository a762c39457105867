import { isObject } from './objects.ts'
import type { CodeTable } from '../codes.ts'
import { editCodes, type CodeEdits } from '../desk/codes-text.ts'
import { CODES, checkedCodes, MANIFEST } from '../desk/checks.ts'
import { ENVIRONMENTS, type EnvironmentName, type Manifest, type Profile } from '../profile-types.ts'
import type { Files } from './files.ts'
import { filesAs } from './identity.ts'
import { type ManifestFields, readFields, withFields } from './manifest-fields.ts'
import type { NewPartner } from './own-partners.ts'
import { checkLabel, checkSlug, invalid, slugFrom } from './slug.ts'
import { withWay } from './way-in.ts'

/** What somebody says who makes a partner from a template. */
export interface Answers {
  template: string
  slug: string
  label: string
  environment?: EnvironmentName
  /** Instead of the template's. */
  baseUrl?: string
  /** Values of this account. */
  parameters: Record<string, string>
  /** Of several ways to be let in the only one that the partner has. */
  way?: string
  fields: Pick<ManifestFields, 'limits' | 'serviceLevels' | 'cutOff'>
  codes: CodeEdits
  /** `generate`, or the secret that the partner has given. */
  webhookSecret?: string
}

const OTHERS = ['template', 'slug', 'environment', 'baseUrl', 'way', 'codes', 'webhookSecret', 'credentials', 'deploy']
const LONGEST_SECRET = 1000

/** @throws CartageError invalid `partner.*` with the name of the field */
export function readAnswers(body: Record<string, unknown>): Answers {
  const { label, parameters = {}, description: _none, ...fields } = readFields(body, OTHERS)
  const { template, slug, environment, baseUrl, way, codes = {}, webhookSecret } = body
  if (typeof template !== 'string' || template === '')
    throw invalid('partner.field', 'template', 'must name a template')
  if (way !== undefined && typeof way !== 'string') throw invalid('partner.field', 'way', 'must be a text')
  const name = checkLabel(label)
  return {
    ...{ template, label: name, parameters, fields },
    slug: checkSlug(slug === undefined || slug === '' ? slugFrom(name) : slug),
    codes: readCodes(codes),
    ...(environment !== undefined && environment !== '' && { environment: environmentOf(environment) }),
    ...(way && { way }),
    ...(baseUrl !== undefined && baseUrl !== '' && { baseUrl: addressOf(baseUrl) }),
    ...(webhookSecret !== undefined && webhookSecret !== '' && { webhookSecret: secretOf(webhookSecret) }),
  }
}

/** What a partner begins with: the template's files, with what was said laid over. */
export function madeFrom(
  template: Profile,
  base: Files,
  { slug, label, fields, codes, parameters, way }: Answers,
): NewPartner {
  for (const name of Object.keys(parameters))
    if (!template.parameters.some((one) => one.name === name))
      throw invalid('partner.field', `parameters.${name}`, 'is not a parameter of the template')
  const own = filesAs(base, { slug, label })
  const files = {
    ...own,
    [MANIFEST]: withFields(way === undefined ? (own[MANIFEST] ?? '{}') : letInBy(own, way), fields),
    ...(Object.keys(codes).length > 0 && { [CODES]: withCodes(base[CODES] ?? '{}', codes) }),
  }
  return { slug, label, kind: template.kind, origin: { template: template.id, version: template.version }, base, files }
}

function letInBy(files: Files, way: string): string {
  const manifest = JSON.parse(files[MANIFEST] ?? '{}') as Manifest
  return `${JSON.stringify(withWay(manifest, way, files), null, 2)}\n`
}

function readCodes(codes: unknown): CodeEdits {
  const { set = {}, remove = [], ...others } = isObject(codes) ? codes : { wrong: codes }
  if (Object.keys(others).length > 0) throw invalid('partner.field', 'codes', 'must be { set, remove }')
  if (!isObject(set)) throw invalid('partner.field', 'codes.set', 'must be an object of codes')
  if (!Array.isArray(remove) || remove.some((code) => typeof code !== 'string'))
    throw invalid('partner.field', 'codes.remove', 'must be a list of codes')
  return { ...checkedCodes(set), ...Object.fromEntries(remove.map((code: string) => [code, null])) }
}

function withCodes(text: string, codes: CodeEdits): string {
  const edited = editCodes(text, codes)
  checkedCodes(JSON.parse(edited) as CodeTable)
  return edited
}

function environmentOf(environment: unknown): EnvironmentName {
  const known = ENVIRONMENTS.find((name) => name === environment)
  if (known) return known
  throw invalid('partner.field', 'environment', `must be one of ${ENVIRONMENTS.join(', ')}`)
}

function addressOf(baseUrl: unknown): string {
  const text = typeof baseUrl === 'string' ? baseUrl.trim() : ''
  // A parameter may stand in an address; whatever it is, it makes one word.
  const filled = text.replaceAll(/\{[a-zA-Z0-9]+\}/g, 'x')
  const url = URL.canParse(filled) ? new URL(filled) : undefined
  if (url && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '') return text
  throw invalid('partner.field', 'baseUrl', 'must be an address with http or https, and without a login')
}

function secretOf(secret: unknown): string {
  if (typeof secret === 'string' && secret.length <= LONGEST_SECRET && secret.isWellFormed()) return secret
  throw invalid(
    'partner.field',
    'webhookSecret',
    `must be "generate" or a text of at most ${LONGEST_SECRET} characters`,
  )
}
