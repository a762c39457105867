import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { basename } from 'node:path'
import { decode } from '../../engine/formats/index.ts'
import type { Json, JsonObject } from '../../engine/json.ts'
import { type MappingRef, mappingsOf, type SampleFiles, samplesOf } from '../../engine/mapping/catalogue.ts'
import { waysOf } from '../../engine/partner/auth/names.ts'
import type { PartnerClient } from '../../engine/partner/client.ts'
import type { Operation, Profile } from '../../engine/partner/profile-types.ts'
import { readSample } from '../support/goldens.ts'
import { clientOf } from '../support/partner-client.ts'
import { type ScriptedServer, type SeenRequest, scriptedServer } from '../support/scripted-server.ts'
import { sample, sampleParameters, sampleText, templateFolders, templateIn } from '../support/templates.ts'

/** What every server of a partner may be asked for beside the operation: a session token, an ETag. */
const ASIDE = { date: 'Mon, 02 Mar 2026 12:00:00 GMT', etag: 'W/"1"', 'x-csrf-token': 'fict-csrf' }
const OPTIONS = { key: 'fict-key', correlationId: 'cor-sample' }
const TYPES = { json: 'application/json', xml: 'application/xml' } as const

for (const folder of templateFolders()) {
  const profile = templateIn(folder)
  if (Object.keys(profile.operations).length === 0) continue
  describe(`operations of ${basename(folder)} on the wire`, () => {
    let server: ScriptedServer
    let client: PartnerClient
    before(async () => {
      server = await scriptedServer()
    })
    beforeEach(() => {
      client = clientFor(profile, server.url)
    })
    afterEach(() => client.close())
    after(() => server.close())

    for (const ref of mappingsOf(profile).filter(({ role }) => role === 'answer'))
      for (const files of samplesOf(profile, ref))
        it(`${ref.operation}: asks as the sample says, and understands the answer`, async () => {
          const operation = profile.operations[ref.operation!]!
          server.script(answering(profile, operation, (to) => respond(to, 200, profile, ref, files)))
          const answer = await client.call(ref.operation!, sample(profile, files.asked!), OPTIONS)
          assert.ok(answer.outcome !== 'refused', JSON.stringify(answer))
          assert.deepEqual(answer.body, sample(profile, files.golden!))
          assertAsked(profile, ref.operation!, server.seen.at(-1)!)
        })

    for (const { at, way } of waysOf(profile.auth).slice(1))
      it(`is let in by ${way.type} (${at}), too`, async () => {
        const changed = { ...profile, auth: way }
        const other = clientFor(changed, server.url)
        const ref = mappingsOf(profile).find(({ role }) => role === 'answer')!
        const [files] = samplesOf(profile, ref)
        const operation = profile.operations[ref.operation!]!
        server.script(answering(changed, operation, (to) => respond(to, 200, profile, ref, files!)))
        const answer = await other.call(ref.operation!, sample(profile, files!.asked!), OPTIONS)
        await other.close()
        assert.equal(answer.outcome, 'answered')
        assert.ok(server.seen.at(-1)!.headers.authorization)
      })

    for (const ref of mappingsOf(profile).filter(({ role }) => role === 'lookup'))
      for (const files of samplesOf(profile, ref).filter(({ golden }) => golden !== undefined))
        it(`${ref.operation}: what a look-up finds of it is its answer`, async () => {
          const { lookup } = profile.operations[ref.operation!]!
          const looked = { ...ref, operation: lookup!.operation }
          const operation = profile.operations[lookup!.operation]!
          server.script(answering(profile, operation, (to) => respond(to, 200, profile, looked, files)))
          const found = await client.lookUp(ref.operation!, sample(profile, files.asked!), OPTIONS)
          // The sample may show it before it was done: then there is nothing to find.
          if (found !== undefined) assert.deepEqual('body' in found && found.body, sample(profile, files.golden!))
        })

    for (const [ref, files] of refusals(profile))
      it(`${ref.operation}: ${files.input} is a refusal in the partner's own words`, async () => {
        const operation = profile.operations[ref.operation!]!
        const status = Number(/\b4\d\d\b/.exec(files.input)?.[0] ?? 400)
        server.script(answering(profile, operation, (to) => respond(to, status, profile, ref, files)))
        const answer = await client.call(ref.operation!, sample(profile, `${ref.operation}.input.json`), OPTIONS)
        // What the partner says it has already is as good as done.
        if (answer.outcome === 'already') return assert.ok(operation.already)
        assert.equal(answer.outcome, 'refused')
        assert.deepEqual(answer.outcome === 'refused' && answer.messages, sample(profile, files.golden!))
      })
  })
}

/** A key of each kind that signs, for those who want one that does. */
const KEYS: Record<string, string> = {
  privateKey: generateKeyPairSync('rsa', { modulusLength: 2048 })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString(),
}

function clientFor(profile: Profile, url: string): PartnerClient {
  // Certificates that a partner can do without are left out.
  const certificates = waysOf(profile.auth).flatMap(({ way }) => Object.values(way.mtls ?? {}))
  const invented = (named: { name: string }[]) =>
    Object.fromEntries(
      named.filter(({ name }) => !certificates.includes(name)).map(({ name }) => [name, KEYS[name] ?? `fict-${name}`]),
    )
  const written = JSON.stringify([profile.auth, profile.operations])
  // What addresses and headers name must be set; what mappings can do without is not.
  const needed = profile.parameters.filter(({ name }) => written.includes(`{${name}}`))
  const path = new URL((profile.baseUrl ?? 'https://x').replaceAll(/\{\w+\}/g, 'v')).pathname
  const parameters = { ...invented(needed), ...sampleParameters(profile) }
  return clientOf({
    profile,
    baseUrl: `${url}${path}`,
    settings: { credentials: invented(profile.credentials), parameters, tokenUrl: `${url}/token` },
  })
}

interface Exchange {
  request: SeenRequest
  response: ServerResponse
}

/** A server that gives the answer to the operation, and to what must be asked before it whatever that needs. */
function answering(profile: Profile, operation: Operation, answer: (to: Exchange) => void) {
  const { auth } = profile
  const logIn = auth.type === 'session' ? auth.login : undefined
  const before = [logIn ?? [], operation.prepare?.operation ?? []].flat()
  /** A log-in that has an address of its own is known by it, however often it comes. */
  const loginPath = logIn && profile.operations[logIn]!.path
  return (request: SeenRequest, response: ServerResponse) => {
    const { method, path, headers } = request
    const again = path === loginPath && path !== operation.path && before[0] !== logIn
    const asked = path === '/token' ? undefined : again ? logIn : before.shift()
    if (asked !== undefined) {
      const ref = mappingsOf(profile).find(({ role, operation }) => role === 'answer' && operation === asked)!
      return void respond({ request, response }, 200, profile, ref, samplesOf(profile, ref)[0]!)
    }
    const first = path === '/token' || method !== operation.method || /^fetch$/i.test(String(headers['x-csrf-token']))
    if (!first) return answer({ request, response })
    const token = { access_token: 'fict-token', token_type: 'Bearer', expires_in: 3600 }
    response.writeHead(200, { ...ASIDE, 'content-type': TYPES.json }).end(JSON.stringify(token))
  }
}

function respond(to: Exchange, status: number, profile: Profile, ref: MappingRef, files: SampleFiles) {
  const { request, response } = to
  const operation = profile.operations[ref.operation!]!
  const { expects } = operation
  if (status < 300 && expects === 'none') return response.writeHead(204, ASIDE).end()
  if (status < 300 && expects === 'bytes') {
    const { mediaType, base64 } = readSample(profile, files.input, ref.format) as { mediaType: string; base64: string }
    return response.writeHead(200, { ...ASIDE, 'content-type': mediaType }).end(Buffer.from(base64, 'base64'))
  }
  const type = TYPES[files.input.endsWith('.xml') ? 'xml' : 'json']
  const own = files.headers === undefined ? {} : sample(profile, files.headers).headers
  response.writeHead(operation.body === 'json-rpc' ? 200 : status, { ...ASIDE, ...own, 'content-type': type })
  const text = sampleText(profile, files.input)
  if (operation.body !== 'json-rpc') return response.end(text)
  // An answer of JSON-RPC bears the id of its request.
  return response.end(JSON.stringify({ ...JSON.parse(text.toString()), id: JSON.parse(request.body).id }))
}

/** What the partner was asked is what the request's golden says, but for the key that the client adds. */
function assertAsked(profile: Profile, name: string, { path, body, method }: SeenRequest): void {
  const operation = profile.operations[name]!
  assert.equal(method, operation.method)
  assert.doesNotMatch(path, /[{}]/)
  const ref = mappingsOf(profile).find(({ role, operation }) => role === 'request' && operation === name)
  const golden = ref && samplesOf(profile, ref).find(({ input }) => input === `${name}.input.json`)?.golden
  if (!ref || !golden || operation.body === 'form' || operation.body === 'multipart') return
  const said = mappedPart(decode(ref.format, Buffer.from(body)) as JsonObject, operation)
  assert.deepEqual(withoutKey(said, operation), readSample(profile, golden, ref.format))
}

/** What the mapping gave, out of what goes around it. */
function mappedPart(said: JsonObject, { body, rpcMethod }: Operation): Json {
  if (body === 'soap') return (said.Envelope as JsonObject).Body!
  if (body !== 'json-rpc') return said
  const { jsonrpc: _version, id: _id, ...call } = said
  return rpcMethod === undefined ? call : call.params!
}

function withoutKey(body: Json, { key }: Operation): Json {
  if (!key || !('field' in key)) return body
  const names = key.field.split('.')
  const place = names.slice(0, -1).reduce((at, name) => at[name] as JsonObject, body as JsonObject)
  delete place[names.at(-1)!]
  return body
}

/** One operation for each refusal; a partner that is busy says so with 429, and that is no refusal. */
function refusals(profile: Profile): [MappingRef, SampleFiles][] {
  const told = new Set<string>()
  return mappingsOf(profile)
    .filter(({ role }) => role === 'refusal')
    .flatMap((ref) => samplesOf(profile, ref).map((files): [MappingRef, SampleFiles] => [ref, files]))
    .filter(([, { input }]) => !/429|throttled/.test(input) && !told.has(input) && told.add(input))
}
