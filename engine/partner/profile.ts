import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import { CartageError } from '../errors.ts'
import { filesIssue } from '../files/declared.ts'
import { authIssue } from './auth/declared.ts'
import { namesIn, waysOf } from './auth/names.ts'
import { readRates } from '../routing/read-table.ts'
import { type CodeTable, codesIssue } from './codes.ts'
import { zoneIssue } from './cut-off.ts'
import { onlyAsks } from './operation-types.ts'
import type { Lookup, Manifest, PartnerKind, Profile, Signature } from './profile-types.ts'
import { trustIssue } from './trust/declared.ts'

export type * from './profile-types.ts'

/** Folder of `templates/` per kind of partner. */
export const FOLDERS: Record<PartnerKind, string> = {
  courier: 'couriers',
  erp: 'erp',
  wms: 'wms',
  crm: 'crm',
  planner: 'planners',
  telematics: 'telematics',
  edi: 'edi',
  accounting: 'accounting',
  geocoder: 'geocoders',
  messaging: 'messaging',
}

/** Compiled once: it takes longer than reading a template. */
const validate: ValidateFunction = schemaValidator()

export interface LoadOptions {
  /** Compiles a JSONata source and throws when it is wrong, so that a typing error is found at start and not at the first call. */
  compile?: (source: string) => unknown
  /** Instead of the manifest that the folder has, when it is to be changed. */
  manifest?: string
  /** Told of each draft that does not load; without it a draft is no exception. What is tested or live always must load. */
  leaveOut?: (error: CartageError) => void
}

/** The template as written: what the schema allows, before it is made whole. */
type RawManifest = Manifest & { signature?: Signature; $schema?: string }

/**
 * Every profile below `dir` (`<class>/<slug>/manifest.json`), by slug. Anything wrong is one `CartageError` `profile.invalid`
 * whose message begins with the file and whose `field` is the dotted path inside it.
 */
export function loadProfiles(dir: string, options: LoadOptions = {}): Map<string, Profile> {
  const profiles = new Map<string, Profile>()
  for (const folder of Object.values(FOLDERS).flatMap((name) => subfolders(join(dir, name)))) {
    const file = join(folder, 'manifest.json')
    if (!existsSync(file)) continue
    const profile = readOrLeaveOut(file, () => readProfile(dir, folder, options), options)
    if (!profile) continue
    if (profiles.has(profile.id)) throw wrong(relative(dir, file), 'id', `"${profile.id}" is taken by another template`)
    profiles.set(profile.id, profile)
  }
  return profiles
}

/** A slip in a template that somebody is writing must not keep the hub, and everybody else's partners, from starting. */
function readOrLeaveOut(manifest: string, read: () => Profile, { leaveOut }: LoadOptions): Profile | undefined {
  try {
    return read()
  } catch (error) {
    const settled = /"status"\s*:\s*"(tested|live)"/.test(readFileSync(manifest, 'utf8'))
    if (!leaveOut || settled || !(error instanceof CartageError)) throw error
    leaveOut(error)
    return undefined
  }
}

/** One template folder; as `loadProfiles`, for tests and for a template that is being written. */
export function loadProfile(folder: string, options: LoadOptions = {}): Profile {
  return readProfile(join(folder, '..', '..'), folder, options)
}

function readProfile(root: string, folder: string, options: LoadOptions): Profile {
  const file = relative(root, join(folder, 'manifest.json'))
  const raw =
    options.manifest === undefined
      ? readJson(join(folder, 'manifest.json'), file)
      : parsedJson(() => options.manifest ?? '', file)
  if (!validate(raw)) throw schemaError(file, validate.errors ?? [])
  const { signature, $schema, ...manifest } = raw as RawManifest
  if (manifest.webhook && !manifest.webhook.signature) {
    if (!signature)
      throw wrong(file, 'webhook.signature', 'is missing: say how events are verified, or { "type": "none" }')
    manifest.webhook.signature = signature
  }
  if (manifest.id !== basename(folder)) throw wrong(file, 'id', `must be the folder's name, "${basename(folder)}"`)
  const place = basename(join(folder, '..'))
  if (FOLDERS[manifest.kind] !== place) throw wrong(file, 'kind', `"${manifest.kind}" does not belong in ${place}/`)
  checkReferences(file, manifest)
  const issue = authIssue(manifest) ?? filesIssue(manifest) ?? zoneIssue(manifest)
  if (issue) throw wrong(file, issue.field, issue.problem)
  return {
    ...manifest,
    folder,
    mappings: readMappings(file, folder, manifest, options),
    codes: readCodes(root, folder),
    ...readRateCards(root, folder),
  }
}

/** What a schema cannot say: that every name used is a name declared. */
function checkReferences(file: string, manifest: Manifest): void {
  const operations = Object.entries(manifest.operations)
  if (operations.length > 0 && !manifest.baseUrl)
    throw wrong(file, 'baseUrl', 'is missing, and there are operations to call')
  for (const [name, operation] of operations) {
    const links: [string, Lookup | { operation: string } | undefined][] = [
      ['lookup', operation.lookup],
      ['precondition', operation.precondition],
      ['prepare', operation.prepare],
    ]
    for (const [link, target] of links) {
      if (!target || Object.hasOwn(manifest.operations, target.operation)) continue
      throw wrong(file, `operations.${name}.${link}.operation`, `there is no operation "${target.operation}"`)
    }
    const { prepare } = operation
    if (prepare && !onlyAsks(manifest.operations[prepare.operation]!))
      throw wrong(file, `operations.${name}.prepare.operation`, `"${prepare.operation}" does more than ask`)
  }
  const polled = manifest.polling?.operation
  if (polled !== undefined && !Object.hasOwn(manifest.operations, polled))
    throw wrong(file, 'polling.operation', `there is no operation "${polled}"`)
  const declared = new Set([...manifest.credentials, ...manifest.parameters].map(({ name }) => name))
  const texts: [string, string][] = [
    ['baseUrl', manifest.baseUrl ?? ''],
    ...Object.entries(manifest.environments ?? {}).map(([name, { baseUrl }]): [string, string] => [
      `environments.${name}.baseUrl`,
      baseUrl,
    ]),
  ]
  for (const [where, text] of texts)
    for (const name of namesIn(text))
      if (!declared.has(name)) throw wrong(file, where, `{${name}} is neither a credential nor a parameter`)
  for (const [where, entrance] of [
    ['webhook', manifest.webhook],
    ['mqtt.http', manifest.mqtt?.http],
  ] as const) {
    const issue = entrance && trustIssue(entrance, declared)
    if (issue) throw wrong(file, `${where}.${issue.field}`, issue.problem)
  }
}

function readMappings(file: string, folder: string, manifest: Manifest, options: LoadOptions): Record<string, string> {
  const mappings: Record<string, string> = {}
  for (const [field, name] of mappingsOf(manifest)) {
    const path = join(folder, name)
    if (!existsSync(path)) throw wrong(file, field, `there is no file ${name}`)
    mappings[name] = readFileSync(path, 'utf8')
  }
  for (const name of existsSync(join(folder, 'map')) ? readdirSync(join(folder, 'map')) : []) {
    if (name.endsWith('.jsonata')) mappings[`map/${name}`] ??= readFileSync(join(folder, 'map', name), 'utf8')
  }
  if (!options.compile) return mappings
  const named = Object.entries(mappings).map(([name, source]): [string, string, string] => [
    file.replace('manifest.json', name),
    '',
    source,
  ])
  const inline = expressionsOf(manifest).map(([field, source]): [string, string, string] => [file, field, source])
  for (const [where, field, source] of [...named, ...inline]) {
    try {
      options.compile(source)
    } catch (error) {
      throw wrong(where, field, `is not JSONata: ${error instanceof Error ? error.message : String(error)}`, error)
    }
  }
  return mappings
}

function mappingsOf(manifest: Manifest): [string, string][] {
  const found: [string, string | undefined][] = [
    ['webhook.mapping', manifest.webhook?.mapping],
    ['mqtt.mapping', manifest.mqtt?.mapping],
    ['mqtt.events.mapping', manifest.mqtt?.events?.mapping],
    ['polling.mapping', manifest.polling?.mapping],
  ]
  for (const [name, operation] of Object.entries(manifest.operations)) {
    found.push([`operations.${name}.request`, operation.request], [`operations.${name}.response`, operation.response])
    found.push(
      [`operations.${name}.soap.header`, operation.soap?.header],
      [`operations.${name}.refusal`, operation.refusal],
      [`operations.${name}.lookup.answer`, operation.lookup?.answer],
    )
  }
  for (const [name, { mapping }] of Object.entries(manifest.documents ?? {}))
    found.push([`documents.${name}.mapping`, mapping])
  return found.filter((entry): entry is [string, string] => entry[1] !== undefined)
}

function expressionsOf(manifest: Manifest): [string, string][] {
  const found: [string, string | undefined][] = (['messageId', 'key', 'split'] as const).map((name) => [
    `webhook.${name}`,
    manifest.webhook?.[name],
  ])
  for (const { at, way } of waysOf(manifest.auth))
    if (way.type === 'session') found.push([`${at}.expired`, way.expired])
  for (const [name, operation] of Object.entries(manifest.operations)) {
    for (const field of ['ok', 'failing', 'throttled', 'already'] as const)
      found.push([`operations.${name}.${field}`, operation[field]])
    const paging = operation.paging as Record<string, unknown> | undefined
    for (const field of ['items', 'next', 'more'])
      found.push([`operations.${name}.paging.${field}`, paging?.[field] as string | undefined])
    found.push([`operations.${name}.lookup.found`, operation.lookup?.found])
  }
  for (const [index, { key }] of (manifest.files?.in ?? []).entries()) found.push([`files.in[${index}].key`, key])
  found.push(...pollingExpressions(manifest))
  return found.filter((entry): entry is [string, string] => entry[1] !== undefined)
}

function pollingExpressions({ polling }: Manifest): [string, string | undefined][] {
  const named = (['input', 'items', 'cursor', 'messageId', 'key'] as const).map(
    (name): [string, string | undefined] => [`polling.${name}`, polling?.[name]],
  )
  return [...named, ['polling.since.at', polling?.since?.at]]
}

function readCodes(root: string, folder: string): CodeTable {
  const path = join(folder, 'codes.json')
  const file = relative(root, path)
  if (!existsSync(path)) return {}
  const codes = readJson(path, file)
  const issue = codesIssue(codes)
  if (issue) throw wrong(file, issue.field, issue.problem)
  return codes as CodeTable
}

function subfolders(dir: string): string[] {
  if (!existsSync(dir)) return []
  return readdirSync(dir)
    .sort()
    .map((name) => join(dir, name))
    .filter((path) => statSync(path).isDirectory())
}

function readJson(path: string, file: string): unknown {
  return parsedJson(() => readFileSync(path, 'utf8'), file)
}

function parsedJson(text: () => string, file: string): unknown {
  try {
    return JSON.parse(text())
  } catch (error) {
    throw wrong(file, '', error instanceof SyntaxError ? `is not JSON: ${error.message}` : 'cannot be read', error)
  }
}

/** What the partner charges: optional, and its own file, since people change it every year. */
function readRateCards(root: string, folder: string): Pick<Profile, 'rates'> {
  const path = join(folder, 'rates.json')
  if (!existsSync(path)) return {}
  const file = relative(root, path)
  try {
    return { rates: readRates(readJson(path, file)) }
  } catch (error) {
    if (!(error instanceof CartageError) || error.code !== 'routing.invalid') throw error
    throw wrong(file, error.field ?? '', error.message.replace(`${error.field}: `, ''))
  }
}

/** JSON Schema of manifests. */
export function profileSchema(): object {
  return JSON.parse(readFileSync(join(import.meta.dirname, 'profile.schema.json'), 'utf8'))
}

function schemaValidator(): ValidateFunction {
  return new Ajv2020({ discriminator: true, useDefaults: true, strictTypes: false }).compile(profileSchema())
}

function schemaError(file: string, errors: ErrorObject[]): CartageError {
  const error = errors[0]!
  const at = error.instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
  const params = error.params as { additionalProperty?: string; missingProperty?: string; allowedValues?: string[] }
  const last = params.additionalProperty ?? params.missingProperty
  const field = [...at, ...(last === undefined ? [] : [last])].join('.')
  if (params.additionalProperty !== undefined) return wrong(file, field, 'is not a field of a profile')
  if (params.missingProperty !== undefined) return wrong(file, field, 'is missing')
  const choices = params.allowedValues ? ` (${params.allowedValues.join(', ')})` : ''
  return wrong(file, field, `${error.message ?? 'is wrong'}${choices}`)
}

function wrong(file: string, field: string, problem: string, cause?: unknown): CartageError {
  const message = field === '' ? `${file}: ${problem}` : `${file}: ${field} ${problem}`
  return new CartageError('invalid', 'profile.invalid', message, { ...(field === '' ? {} : { field }), cause })
}
