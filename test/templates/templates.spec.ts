import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Json } from '../../engine/json.ts'
import {
  boundBeside,
  type MappingRef,
  mappingsOf,
  type SampleFiles,
  samplesOf,
} from '../../engine/mapping/catalogue.ts'
import { codeFunction } from '../../engine/mapping/codes.ts'
import { codesIssue } from '../../engine/partner/codes.ts'
import { loadProfiles, type Profile } from '../../engine/partner/profile.ts'
import { signatureParts, verifySignature } from '../../engine/partner/trust/signature.ts'
import { fillPath, fillQuery } from '../../engine/partner/template.ts'
import { CREDENTIALS } from '../../nodes/partner/partner.ts'
import { asList, assertGolden, lowerCase, mapSample, readSample } from '../support/goldens.ts'
import { assertOnlyGenuine, genuine, signedAt } from '../support/signature.ts'
import {
  evaluator,
  samplesOf as filesOf,
  sample,
  sampleParameters,
  sampleText,
  templateFolders,
  templateIn,
  templatesFolder,
} from '../support/templates.ts'

for (const folder of templateFolders()) {
  describe(`template ${basename(folder)}`, () => {
    const profile = loaded(folder)
    if (profile === undefined) {
      it('loads', () => void templateIn(folder))
      return
    }
    declaration(profile)
    mappings(profile)
    refusedSamples(profile)
    operations(profile)
    deliveries(profile)
    signatures(profile)
  })
}

/** Credentials that only say who: whoever fills them in may see them, and they are kept as the others are. */
const NAMES = new Set(['username', 'clientId'])

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
      assert.ok(secret || NAMES.has(name), `${name} is a secret`)
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

function mappings(profile: Profile): void {
  for (const ref of mappingsOf(profile)) {
    const use = [ref.role, ref.operation ?? ref.document].filter((part) => part !== undefined).join(' ')
    for (const files of samplesOf(profile, ref)) {
      // The rule on samples, in test/house, says where a golden may be missing.
      if (files.golden === undefined) continue
      it(`${use}: ${files.input} becomes what ${files.golden} says`, () => assertGolden(profile, ref, files))
      if (ref.entity !== 'delivery-event' || ref.role === 'poll') continue
      it(`${use}: in ${files.input} a code that nobody knows is status.unmapped`, () =>
        assertUnmapped(profile, ref, files))
    }
  }
}

/** `refused.<document, or webhook>.<case>` is what must not become anything: what beside it as `.expected.json` stands is the error. */
function refusedSamples(profile: Profile): void {
  const files = filesOf(profile).filter((name) => name.startsWith('refused.'))
  for (const expected of files.filter((name) => name.endsWith('.expected.json'))) {
    const name = expected.replace(/\.expected\.json$/, '')
    const [, use = ''] = name.split('.')
    it(`${name} is refused as ${expected} says`, async () => {
      const ref = mappingsOf(profile).find(({ document, role }) => (document ?? role) === use)
      const input = files.find((file) => file !== expected && file.startsWith(`${name}.`))
      assert.ok(ref && input, 'there are such a mapping and such a sample')
      const { code, message } = sample(profile, expected) as { code: string; message: string }
      await assert.rejects(mapSample(profile, ref, { name, input }), (error: { code?: string; message?: string }) => {
        assert.equal(error.code, code)
        assert.ok(error.message?.includes(message), error.message)
        return true
      })
    })
  }
}

/** Where a code is put together from several fields there is none to replace, and nothing to find out. */
async function assertUnmapped(profile: Profile, ref: MappingRef, files: SampleFiles): Promise<void> {
  const golden: { rawCode?: string; data?: { rawCode?: string } }[] = [sample(profile, files.golden!)].flat()
  const codes = golden.map((one) => one.rawCode ?? one.data?.rawCode)
  const strange = withOtherCode(readSample(profile, files.input, ref.format), codes)
  if (!strange.changed) return
  const mapped = asList(await mapSample(profile, ref, files, strange.body)) as { data: { type: string } }[]
  assert.ok(mapped.length > 0)
  for (const { data } of mapped) assert.equal(data.type, 'status.unmapped')
}

function operations(profile: Profile): void {
  for (const [name, operation] of Object.entries(profile.operations))
    it(`${name}: finds its address from its sample`, async () => {
      const files = readdirSync(join(profile.folder, 'samples'))
      const given = boundBeside(files, name, profile).bound ?? {}
      const bound = Object.fromEntries(Object.entries(given).map(([one, file]) => [one, sample(profile, file)]))
      const asked = { input: sample(profile, `${name}.input.json`), params: sampleParameters(profile) }
      const input = { ...asked, ...bound, key: 'fict-key' }
      assert.match(await fillPath(operation.path, evaluator.evaluate, input), /^\/[^{}]*$/)
      for (const value of Object.values(operation.query ?? {})) await fillQuery(value, evaluator.evaluate, input)
    })
}

function deliveries(profile: Profile): void {
  const { webhook } = profile
  if (!webhook) return
  it('finds the id and the key of a message', async () => {
    for (const http of filesOf(profile).filter((name) => /^webhook\..*\.http\.json$/.test(name))) {
      const { headers, bodyFile } = sample(profile, http)
      const input = { body: readSample(profile, bodyFile, webhook.format ?? 'json'), headers: lowerCase(headers) }
      const parts = webhook.split ? asList(await evaluator.evaluate(webhook.split, input)) : [input.body]
      for (const body of parts)
        for (const expression of [webhook.messageId, webhook.key]) {
          if (expression === undefined) continue
          const value = await evaluator.evaluate(expression, { ...input, body })
          assert.ok(value !== undefined && value !== null && value !== '', `${http}: ${expression}`)
        }
    }
  })
}

function signatures(profile: Profile): void {
  const { webhook } = profile
  if (!webhook || webhook.signature.type === 'none') return
  const { signature } = webhook
  const parts = signatureParts(signature)
  const signed = filesOf(profile).filter(
    (name) => /^webhook\..*\.http\.json$/.test(name) && sample(profile, name).signature?.secret !== undefined,
  )
  for (const name of signed) {
    const http = sample(profile, name)
    const rawBody = sampleText(profile, http.bodyFile)
    const headers: Record<string, string> = lowerCase(http.headers)
    const secret: string = http.signature.secret
    const request = { rawBody, headers, method: 'POST', path: http.path, now: 0, format: webhook.format ?? 'json' }

    // What a part is compared with may be a parameter of the account instead.
    const known = (part: string) => sampleParameters(profile)[part] ?? secret

    it(`${name}: is genuine, and no mutant of it is`, async () => {
      const timed = { ...request, now: Math.max(...parts.map((part) => signedAt(part, request))) }
      assert.deepEqual(await verifySignature(signature, known, timed), { ok: true })
      for (const part of parts) {
        const isUsed = signature.type !== 'any' || (await genuine(part, [secret], timed))
        if (isUsed) await assertOnlyGenuine(part, known(part.secret), timed)
      }
    })
  }
}

/** The body with every text that is one of these codes replaced by one that nobody knows. */
function withOtherCode(body: Json, codes: (string | undefined)[]): { body: Json; changed: boolean } {
  const found = new Set<string>()
  const walk = (value: Json): Json => {
    if (typeof value === 'string' && codes.includes(value)) {
      found.add(value)
      return 'never_heard_of'
    }
    if (Array.isArray(value)) return value.map(walk)
    if (value === null || typeof value !== 'object') return value
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, walk(item)]))
  }
  const other = walk(body)
  return { body: other, changed: codes.length > 0 && codes.every((code) => code !== undefined && found.has(code)) }
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    return statSync(path).isDirectory() ? filesBelow(path) : [path]
  })
}
