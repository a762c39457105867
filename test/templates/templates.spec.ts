import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { codeFunction } from '../../engine/mapping/codes.ts'
import { type MappingJob, mapEntities, mapEvents, mapPosition } from '../../engine/mapping/map-events.ts'
import { codesIssue } from '../../engine/partner/codes.ts'
import { loadProfiles, type Profile } from '../../engine/partner/profile.ts'
import { verifySignature } from '../../engine/partner/signature.ts'
import { CREDENTIALS } from '../../nodes/partner/partner.ts'
import {
  evaluator,
  sample,
  sampleParameters,
  samplesOf,
  sampleText,
  templateFolders,
  templateIn,
  templatesFolder,
} from '../support/templates.ts'

const CONTEXT = { receivedAt: '2026-03-02T15:00:00Z', correlationId: 'cor-sample' }
/** What the hub adds to an event and a golden may leave out. */
const DERIVED = new Set([
  'eventId',
  'receivedAt',
  'provider',
  'source',
  'dedupKey',
  'mappingVersion',
  'correlationId',
  'id',
  'traceparent',
])
const HEADERS = { date: 'Mon, 02 Mar 2026 12:00:00 GMT' }

for (const folder of templateFolders()) {
  describe(`template ${basename(folder)}`, () => {
    const profile = loaded(folder)
    if (profile === undefined) {
      it('loads', () => void templateIn(folder))
      return
    }
    declaration(profile)
    operations(profile)
    events(profile)
    signatures(profile)
  })
}

describe('templates', () => {
  it('load together, each with its own id', () => {
    assert.equal(loadProfiles(templatesFolder, { compile: evaluator.compile }).size, templateFolders().length)
    assert.ok(templateFolders().length >= 6)
  })
})

/** A template that does not load must fail as a test of its own, not keep the others from theirs. */
function loaded(folder: string): Profile | undefined {
  try {
    return templateIn(folder)
  } catch {
    return undefined
  }
}

function declaration(profile: Profile): void {
  it('declares only credentials that the partner node offers', () => {
    for (const { name, secret } of profile.credentials) {
      assert.ok(Object.hasOwn(CREDENTIALS, name), name)
      assert.equal(secret, true, `${name} is a secret`)
    }
  })

  it('has documentation, an icon and samples', () => {
    const files = readdirSync(profile.folder)
    for (const name of ['manifest.json', 'README.md', 'icon.svg', 'map', 'samples'])
      assert.ok(files.includes(name), name)
    assert.match(readFileSync(join(profile.folder, 'icon.svg'), 'utf8'), /^<svg [^>]*viewBox/)
  })

  it('holds nothing that looks like a secret', () => {
    for (const file of filesBelow(profile.folder).filter((path) => !path.includes('/samples/'))) {
      const text = readFileSync(file, 'utf8')
      assert.doesNotMatch(text, /-----BEGIN|\bsk_(?:live|test)_|\bEZ[AT]K[A-Za-z0-9]{10}|\beyJ[A-Za-z0-9_-]{20}/, file)
      for (const token of text.match(/\b[A-Za-z0-9+]{40,}\b/g) ?? []) assert.fail(`${file}: ${token}`)
    }
  })

  it('maps its codes to canonical events, reasons and variants', () => {
    assert.equal(codesIssue(profile.codes), undefined)
  })

  it('never guesses a code that it does not know', () => {
    const code = codeFunction(profile.codes)
    for (const raw of ['never_heard_of', '__proto__', 'constructor', '']) {
      assert.deepEqual(code(raw), { type: 'status.unmapped' })
    }
  })
}

function operations(profile: Profile): void {
  const samples = samplesOf(profile)
  for (const [name, operation] of Object.entries(profile.operations)) {
    if (operation.request) {
      it(`${name}: maps its input to the request of the sample`, async () => {
        const input = sample(profile, `${name}.input.json`)
        const bindings = { params: sampleParameters(profile), key: 'fict-key' }
        const mapped = await evaluator.evaluate(profile.mappings[operation.request ?? '']!, input, bindings)
        assert.deepEqual(asJson(mapped), sample(profile, `${name}.request.json`))
      })
    }
    if (operation.response) {
      it(`${name}: maps the partner's response to the answer of the sample`, async () => {
        const input = sample(profile, `${name}.input.json`)
        const bindings = {
          input,
          params: sampleParameters(profile),
          key: 'fict-key',
          status: 200,
          headers: HEADERS,
          code: codeFunction(profile.codes),
        }
        const response = sample(profile, `${name}.response.json`)
        const mapped = await evaluator.evaluate(profile.mappings[operation.response ?? '']!, response, bindings)
        assert.deepEqual(asJson(mapped), sample(profile, `${name}.answer.json`))
      })
    }
  }

  it('has no golden of an operation that does not exist', () => {
    for (const file of samples) {
      const [, name] = /^([a-zA-Z]+)\.(?:input|answer)\.json$/.exec(file) ?? []
      if (name !== undefined) assert.ok(Object.hasOwn(profile.operations, name), file)
    }
  })
}

function events(profile: Profile): void {
  for (const golden of samplesOf(profile).filter((name) => name.endsWith('.canonical.json'))) {
    const source = golden.replace('.canonical.json', '.json')
    it(`${source}: becomes what ${golden} says`, async () => {
      const expected = sample(profile, golden)
      const mapped = await mappedSample(profile, source, expected)
      assert.equal(asList(mapped).length, asList(expected).length, JSON.stringify(mapped))
      for (const [index, one] of asList(expected).entries()) assertHolds(asList(mapped)[index], one)
    })

    const expected = sample(profile, golden)
    const codes = asList(expected).map((one) => (one as { rawCode?: string }).rawCode)
    const strange = withOtherCode(sample(profile, source), codes)
    // What polling hands over is mapped already; where the code is put together from several fields there is none to replace.
    if (source.startsWith('polled.') || !strange.changed) continue
    it(`${source}: a code that nobody knows is status.unmapped`, async () => {
      const mapped = asList(await mappedSample(profile, source, expected, strange.body))
      assert.ok(mapped.length > 0)
      for (const one of mapped) assert.equal((one as { type?: string }).type, 'status.unmapped')
    })
  }

  if (profile.webhook) {
    it('has a golden for every webhook sample', () => {
      const names = samplesOf(profile)
      const webhooks = names.filter((name) => /^webhook\..*\.http\.json$/.test(name))
      assert.ok(webhooks.length > 0)
      for (const name of webhooks) assert.ok(names.includes(name.replace('.http.json', '.canonical.json')), name)
    })

    it('finds the id and the key of a message', async () => {
      for (const http of samplesOf(profile).filter((name) => /^webhook\..*\.http\.json$/.test(name))) {
        const { headers, bodyFile } = sample(profile, http)
        const input = { body: sample(profile, bodyFile), headers: lowerCase(headers) }
        for (const expression of [profile.webhook?.messageId, profile.webhook?.key]) {
          if (expression === undefined) continue
          const value = await evaluator.evaluate(expression, input)
          assert.ok(value !== undefined && value !== null && value !== '', `${http}: ${expression}`)
        }
      }
    })
  }
}

function signatures(profile: Profile): void {
  const { webhook } = profile
  if (!webhook || webhook.signature.type === 'none') return
  const { signature } = webhook
  const signed = samplesOf(profile).filter(
    (name) => name.endsWith('.http.json') && sample(profile, name).signature?.secret !== undefined,
  )
  for (const name of signed) {
    const http = sample(profile, name)
    const rawBody = sampleText(profile, http.bodyFile)
    const headers: Record<string, string> = lowerCase(http.headers)
    const secret: string = http.signature.secret
    const request = { rawBody, headers, method: 'POST', path: http.path, now: timeOf(profile, headers) }
    const verify = (change: Partial<typeof request>, secrets = [secret]) =>
      verifySignature(signature, secrets, { ...request, ...change }).ok

    it(`${name}: is genuine, and no mutant of it is`, () => {
      assert.equal(verify({}), true)
      assert.equal(verify({}, ['another-secret', secret]), true, 'one of several secrets')
      assert.equal(verify({}, ['00'.repeat(64)]), false, 'another secret')
      assert.equal(verify({}, []), false, 'no secret')
      // A shared token or password says who sends, not what.
      if (signature.type === 'hmac') {
        assert.equal(verify({ rawBody: Buffer.concat([rawBody, Buffer.from(' ')]) }), false, 'a longer body')
        const flipped = Buffer.from(rawBody)
        flipped[flipped.length >> 1]! ^= 1
        assert.equal(verify({ rawBody: flipped }), false, 'a flipped bit')
      }
      assert.equal(verify({ headers: {} }), false, 'no header')
      for (const header of signature.headers ?? ['authorization']) {
        const value = headers[header.toLowerCase()]
        if (value === undefined) continue
        const shorter = Object.fromEntries(
          Object.entries(headers).map(([key, held]) => [key, held === value ? value.slice(0, -2) : held]),
        )
        assert.equal(verify({ headers: shorter }), false, 'a shorter signature')
      }
      if (signature.type === 'hmac' && signature.timestamp) {
        const late = request.now + (signature.timestamp.toleranceSeconds + 2) * 1000
        assert.equal(verify({ now: late }), false, 'too old')
      }
    })
  }
}

/** What the mapping that a sample is meant for makes of it: the shape of the golden tells positions, events and entities apart. */
async function mappedSample(profile: Profile, name: string, expected: unknown, body?: unknown): Promise<unknown> {
  const polled = (profile.polling as { mapping?: string } | undefined)?.mapping
  const isPosition = profile.mqtt !== undefined && !Array.isArray(expected)
  const mapping = name.startsWith('webhook.')
    ? profile.webhook?.mapping
    : ((isPosition ? profile.mqtt?.mapping : profile.mqtt?.events?.mapping) ?? polled)
  const names = samplesOf(profile)
  const http = name.replace('.json', '.http.json')
  const headers = names.includes(http) ? lowerCase(sample(profile, http).headers) : {}
  const topics: Record<string, string> = names.includes('topics.json') ? sample(profile, 'topics.json') : {}
  const job: MappingJob = {
    profile,
    mappingSource: profile.mappings[mapping ?? '']!,
    body: body ?? sample(profile, name),
    headers: { ...headers, ...(topics[name] ? { topic: topics[name] } : {}) },
    params: sampleParameters(profile),
    context: CONTEXT,
  }
  assert.ok(job.mappingSource, `${name} has a mapping`)
  if (isPosition) return (await mapPosition(evaluator, job)) ?? null
  const isEntity = profile.kind === 'wms' || profile.kind === 'crm' || profile.kind === 'erp'
  if (isEntity) return (await mapEntities(evaluator, job)).map(({ entity, value }) => ({ entity, ...value }))
  return (await mapEvents(evaluator, job)).map((event) => (envelopes(expected) ? event : event.data))
}

function envelopes(expected: unknown): boolean {
  return asList(expected).some((one) => Object.hasOwn(one as object, 'specversion'))
}

function asList(value: unknown): unknown[] {
  return value === null || value === undefined ? [] : [value].flat()
}

function asJson(value: unknown): unknown {
  return value === undefined ? null : JSON.parse(JSON.stringify(value))
}

/** A golden names what matters; what the hub derives (ids, times of receipt) may be left out. */
function assertHolds(actual: unknown, golden: unknown): void {
  const picked = Object.fromEntries(
    Object.keys(golden as object).map((key) => [key, (actual as Record<string, unknown> | undefined)?.[key]]),
  )
  const data = (golden as { data?: object }).data
  if (data && picked.data) {
    assertHolds(picked.data, data)
    assert.deepEqual({ ...picked, data: 0 }, { ...(golden as object), data: 0 })
    return
  }
  assert.deepEqual(asJson(picked), golden)
  const extra = Object.keys((actual ?? {}) as object).filter((key) => !Object.hasOwn(golden as object, key))
  for (const key of extra) assert.ok(DERIVED.has(key), `${key} is not in the golden`)
}

/** The body with every text that is one of these codes replaced by one that nobody knows. */
function withOtherCode(body: unknown, codes: (string | undefined)[]): { body: unknown; changed: boolean } {
  let changed = false
  const walk = (value: unknown): unknown => {
    if (typeof value === 'string' && codes.includes(value)) {
      changed = true
      return 'never_heard_of'
    }
    if (Array.isArray(value)) return value.map(walk)
    if (value === null || typeof value !== 'object') return value
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, walk(item)]))
  }
  return { body: walk(body), changed }
}

function lowerCase(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}

/** The moment at which the sample was signed, when its signature says so. */
function timeOf({ webhook }: Profile, headers: Record<string, string>): number {
  const stamp = webhook?.signature.type === 'hmac' ? webhook.signature.timestamp : undefined
  if (!stamp) return Date.parse('2026-03-02T15:00:00Z')
  const header = headers[stamp.header.toLowerCase()] ?? ''
  const text = stamp.prefix
    ? (header.split(',').find((part) => part.trim().startsWith(stamp.prefix!)) ?? '').trim().slice(stamp.prefix.length)
    : header
  if (stamp.unit === 'iso') return Date.parse(text)
  return stamp.unit === 's' ? Number(text) * 1000 : Number(text)
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    return statSync(path).isDirectory() ? filesBelow(path) : [path]
  })
}
