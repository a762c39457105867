import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import jsonata from 'jsonata'
import { loadProfiles } from '../../engine/partner/profile.ts'
import { resolveSettings } from '../../engine/partner/settings.ts'
import { temporaryFolder } from '../support/temp.ts'

type Fields = Record<string, unknown>

const MANIFEST = {
  id: 'fictional-courier',
  kind: 'courier',
  label: 'Fictional courier',
  version: '1.0.0',
  status: 'draft',
  capabilities: ['book', 'webhook'],
  baseUrl: 'https://{region}.fictional.example/v1',
  parameters: [{ name: 'region', label: 'Region', default: 'eu' }],
  credentials: [
    { name: 'apiKey', label: 'API key', secret: true },
    { name: 'webhookSecret', secret: true },
  ],
  auth: { type: 'basic', username: '{apiKey}', password: '' },
  limits: { requestsPerSecond: 20, concurrency: 4, timeoutMs: 30_000, maxResponseBytes: 1_000_000 },
  breaker: { openAfter: 5, openMs: 30_000 },
  operations: {
    book: {
      method: 'POST',
      path: '/tasks',
      request: 'map/book.request.jsonata',
      lookup: { operation: 'find', found: 'id' },
    },
    find: { method: 'GET', path: '/tasks/{key}' },
  },
  webhook: {
    signature: {
      type: 'hmac',
      headers: ['X-Signature'],
      algorithm: 'sha512',
      encoding: 'hex',
      keyDecoding: 'hex',
      secret: 'webhookSecret',
      signed: '{body}',
    },
    handshake: { method: 'GET', echoQuery: 'check' },
    messageId: 'body.id',
    mapping: 'map/webhook.jsonata',
  },
}

describe('loadProfiles', () => {
  const folders: { remove(): void }[] = []
  afterEach(() => {
    for (const folder of folders.splice(0)) folder.remove()
  })

  /** A templates folder with one courier; `change` edits the manifest, `files` adds or replaces files (null leaves one out). */
  function templates(
    change: (manifest: typeof MANIFEST & Fields) => unknown = (m) => m,
    files: Record<string, string | null> = {},
    at = 'couriers/fictional-courier',
  ) {
    const folder = temporaryFolder()
    folders.push(folder)
    const manifest = structuredClone(MANIFEST) as typeof MANIFEST & Fields
    change(manifest)
    const all: Record<string, string | null> = {
      'manifest.json': JSON.stringify(manifest),
      'map/book.request.jsonata': '{"ref": orderId}',
      'map/webhook.jsonata': '$code(type)',
      'codes.json': '{"3": {"type": "delivery.completed"}}',
      ...files,
    }
    for (const [name, content] of Object.entries(all)) {
      if (content === null) continue
      const path = join(folder.path, at, name)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, content)
    }
    return folder.path
  }

  it('reads a profile with its mappings, codes and defaults', () => {
    const profile = loadProfiles(templates()).get('fictional-courier')
    assert.equal(profile?.mappings['map/book.request.jsonata'], '{"ref": orderId}')
    assert.deepEqual(profile?.codes, { 3: { type: 'delivery.completed' } })
    assert.equal(profile?.webhook?.signature.type, 'hmac')
  })

  it('takes a manifest without operations, and nothing for an empty folder', () => {
    const profiles = loadProfiles(
      templates((m) =>
        Object.assign(m, {
          operations: undefined,
          credentials: undefined,
          auth: { type: 'none' },
          webhook: undefined,
          baseUrl: undefined,
        }),
      ),
    )
    assert.deepEqual(profiles.get('fictional-courier')?.operations, {})
    assert.equal(loadProfiles('/no/such/folder').size, 0)
  })

  it('takes the signature from beside the webhook, too', () => {
    const dir = templates((m) => {
      const { signature, ...webhook } = m.webhook
      Object.assign(m, { webhook, signature })
    })
    assert.equal(loadProfiles(dir).get('fictional-courier')?.webhook?.signature.type, 'hmac')
  })

  const file = 'couriers/fictional-courier/manifest.json'
  for (const [title, change, field, message] of [
    [
      'a field that does not exist',
      (m) => Object.assign(m.operations.book, { metod: 'POST' }),
      'operations.book.metod',
      /is not a field/,
    ],
    ['a missing field', (m) => delete (m as Fields).limits, 'limits', /is missing/],
    [
      'a wrong choice',
      (m) => Object.assign(m.operations.book, { method: 'BOOK' }),
      'operations.book.method',
      /GET, HEAD, POST/,
    ],
    ['a wrong type', (m) => Object.assign(m.limits, { timeoutMs: '30s' }), 'limits.timeoutMs', /must be integer/],
    ['an unknown way to log in', (m) => Object.assign(m, { auth: { type: 'magic' } }), 'auth', /./],
    ['an unknown field of a way to log in', (m) => Object.assign(m.auth, { user: 'x' }), 'auth.user', /is not a field/],
    [
      'a look-up by an operation that is not there',
      (m) => Object.assign(m.operations.book.lookup, { operation: 'search' }),
      'operations.book.lookup.operation',
      /no operation "search"/,
    ],
    [
      'a credential that is not declared',
      (m) => Object.assign(m.auth, { username: '{apiKye}' }),
      'auth.username',
      /\{apiKye\}/,
    ],
    [
      'a field of a token request that is filled from nothing',
      (m) =>
        Object.assign(m, {
          auth: {
            type: 'oauth2',
            tokenUrl: '/token',
            clientId: '{apiKey}',
            clientSecret: '{apiKey}',
            fields: { tpl: '{account}' },
          },
        }),
      'auth.fields.tpl',
      /neither a credential nor a parameter/,
    ],
    [
      'a first operation that does more than ask',
      (m) => Object.assign(m.operations.find, { prepare: { operation: 'book' } }),
      'operations.find.prepare.operation',
      /does more than ask/,
    ],
    [
      'what is signed from a name that nobody gives',
      (m) =>
        Object.assign(m, {
          auth: {
            ...{ type: 'hmac', algorithm: 'sha256', encoding: 'hex', key: '{apiKey}', signed: '{timestamp}{body}' },
            headers: { 'X-Signature': '{signature}', 'X-Account': '{account}' },
          },
        }),
      'auth.headers.X-Account',
      /\{account\} is neither/,
    ],
    [
      'a claim of a token that is filled from nothing',
      (m) =>
        Object.assign(m, {
          auth: {
            ...{ type: 'jwt', algorithm: 'HS256', key: '{apiKey}', lifetimeSeconds: 60 },
            claims: { level: 1, scope: ['a', '{scope}'] },
          },
        }),
      'auth.claims.scope.1',
      /\{scope\} is neither/,
    ],
    [
      'an algorithm that signs nothing',
      (m) => Object.assign(m, { auth: { type: 'jwt', algorithm: 'none', key: 'x', claims: {}, lifetimeSeconds: 60 } }),
      'auth.algorithm',
      /HS256/,
    ],
    [
      'a log-in by an operation that is not there',
      (m) => Object.assign(m, { auth: { type: 'session', login: 'enter', input: {}, gives: ['token'] } }),
      'auth.login',
      /no operation "enter"/,
    ],
    [
      'a session that shows what the log-in does not give',
      (m) =>
        Object.assign(m, { auth: { type: 'session', login: 'find', input: {}, gives: ['a'], headers: { X: '{b}' } } }),
      'auth.headers.X',
      /\{b\} is neither/,
    ],
    [
      'the end of a session that the log-in does not give',
      (m) => Object.assign(m, { auth: { type: 'session', login: 'find', input: {}, gives: ['a'], expires: 'b' } }),
      'auth.expires',
      /"b" is not among/,
    ],
    [
      'a way among several that is filled from nothing',
      (m) =>
        Object.assign(m, { auth: { type: 'choice', of: [{ type: 'none' }, { type: 'bearer', token: '{token}' }] } }),
      'auth.of.1.token',
      /\{token\} is neither/,
    ],
    [
      'a client certificate that is no credential',
      (m) => Object.assign(m.auth, { mtls: { certificate: 'apiKey', key: 'region' } }),
      'auth.mtls.key',
      /"region" is not among the credentials/,
    ],
    [
      'a secret that is not declared',
      (m) => Object.assign(m.webhook.signature, { secret: 'other' }),
      'webhook.signature.secret',
      /"other"/,
    ],
    [
      'a signature over no body',
      (m) => Object.assign(m.webhook.signature, { signed: '{timestamp}' }),
      'webhook.signature.signed',
      /./,
    ],
    [
      'a mapping that is not there',
      (m) => Object.assign(m.operations.book, { response: 'map/none.jsonata' }),
      'operations.book.response',
      /no file map\/none/,
    ],
    [
      'a mapping outside of the folder',
      (m) => Object.assign(m.operations.book, { response: 'map/../../x.jsonata' }),
      'operations.book.response',
      /pattern/,
    ],
    ['another name than the folder', (m) => Object.assign(m, { id: 'other' }), 'id', /folder/],
    ['another kind than the place', (m) => Object.assign(m, { kind: 'erp' }), 'kind', /couriers/],
    ['plain http', (m) => Object.assign(m, { baseUrl: 'http://x.example' }), 'baseUrl', /./],
    [
      'a time zone that is none',
      (m) => Object.assign(m, { cutOff: { time: '12:00', timeZone: 'Mars/Base' } }),
      'cutOff.timeZone',
      /no time zone/,
    ],
    ['operations and no address', (m) => delete (m as Fields).baseUrl, 'baseUrl', /missing/],
  ] as [string, (m: typeof MANIFEST & Fields) => unknown, string, RegExp][]) {
    it(`names file and field for ${title}`, () => {
      assert.throws(
        () => loadProfiles(templates(change)),
        (error: { code: string; field: string; message: string }) => {
          assert.deepEqual([error.code, error.field], ['profile.invalid', field], error.message)
          assert.ok(error.message.startsWith(`${file}: ${field}`), error.message)
          assert.match(error.message, message)
          return true
        },
      )
    })
  }

  it('leaves out a draft that does not load where the hub asks for that, and tells of it; never what is live', () => {
    const told: string[] = []
    const leaveOut = ({ message }: { message: string }) => told.push(message)
    const wrong = (status: string) => templates((m) => Object.assign(m, { status, baseUrl: 'http://x.example' }))
    assert.equal(loadProfiles(wrong('draft'), { leaveOut }).size, 0)
    assert.match(told.join(), new RegExp(`^${file}: baseUrl`))
    assert.equal(loadProfiles(templates(undefined, { 'manifest.json': '{' }), { leaveOut }).size, 0)
    for (const status of ['tested', 'live']) assert.throws(() => loadProfiles(wrong(status), { leaveOut }), /baseUrl/)
    assert.equal(told.length, 2)
  })

  it('names the file for broken JSON and broken codes', () => {
    assert.throws(
      () => loadProfiles(templates(undefined, { 'manifest.json': '{' })),
      new RegExp(`^.*${file}: is not JSON`),
    )
    assert.throws(
      () => loadProfiles(templates(undefined, { 'codes.json': '{"3": "delivered"}' })),
      /codes\.json: 3 must be an object/,
    )
  })

  it('compiles mappings and expressions when it is given a compiler, and names the place', () => {
    const compile = (source: string) => jsonata(source)
    assert.equal(loadProfiles(templates(), { compile }).size, 1)
    assert.throws(
      () => loadProfiles(templates(undefined, { 'map/webhook.jsonata': '{"a": ' }), { compile }),
      /map\/webhook\.jsonata: .*is not JSONata/,
    )
    assert.throws(
      () =>
        loadProfiles(
          templates((m) => Object.assign(m.webhook, { messageId: 'body.(' })),
          { compile },
        ),
      /manifest\.json: webhook\.messageId is not JSONata/,
    )
  })
})

describe('resolveSettings', () => {
  const profile = {
    id: 'fictional-courier',
    baseUrl: 'https://api.fictional.example',
    credentials: [{ name: 'apiKey' }, { name: 'webhookSecret' }],
    parameters: [{ name: 'region', default: 'eu' }, { name: 'customerId' }],
  }

  it('prefers the node, then the environment, then the profile', () => {
    const env = {
      CARTAGE_FICTIONAL_COURIER_API_KEY: 'from-env',
      CARTAGE_FICTIONAL_COURIER_CUSTOMER_ID: 'c-1',
      CARTAGE_FICTIONAL_COURIER_URL: 'http://127.0.0.1:1881/x',
    }
    assert.deepEqual(resolveSettings(profile, { credentials: { webhookSecret: 'from-node', apiKey: '' } }, env), {
      baseUrl: 'http://127.0.0.1:1881/x',
      credentials: { apiKey: 'from-env', webhookSecret: 'from-node' },
      parameters: { region: 'eu', customerId: 'c-1' },
    })
    assert.equal(resolveSettings(profile).baseUrl, 'https://api.fictional.example')
  })

  it('reads a reference to the environment, and names one that is not set', () => {
    const given = { credentials: { apiKey: '$' + '{MY_KEY}' } }
    assert.equal(resolveSettings(profile, given, { MY_KEY: 'k' }).credentials.apiKey, 'k')
    assert.throws(() => resolveSettings(profile, given, {}), { code: 'config.env-missing', field: 'MY_KEY' })
  })
})
