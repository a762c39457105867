import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CREDENTIALS } from '../../nodes/partner/partner.ts'
import { flowBench } from '../support/flow-bench.ts'
import { account, catchAll, node, partner, probe } from '../support/flow-nodes.ts'
import { json, type ScriptedServer, type Step, scriptedServer, text } from '../support/scripted-server.ts'
import { sample, sampleParameters, sampleText, templateOf, templatesFolder } from '../support/templates.ts'

const pem = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' })
const LENT = 'canary-lent-token-0123456789'
/** One of each way to prove who we are, and an operation that only asks. */
const CALLS: [slug: string, operation: string][] = [
  ['doordash-drive', 'track'],
  ['lalamove', 'track'],
  ['netsuite', 'getFulfilment'],
  ['quickbooks-online', 'findBill'],
  ['ups-track', 'track'],
  ['dpd', 'track'],
  ['sap-ewm', 'getTask'],
]

describe('secrets of partners', () => {
  let server: ScriptedServer
  const bench = flowBench(() => ({ CARTAGE_TEMPLATES: templatesFolder, CARTAGE_PRIVATE_ADDRESSES: 'on' }))
  const login = sampleText(templateOf('dpd'), 'login.response.xml').toString()
  const token = (sample(templateOf('dpd'), 'login.answer.json') as { authToken: string }).authToken

  /** Lends what is asked for, and refuses everything else by saying back all that it was told. */
  const echo: Step = (request, response) => {
    if (request.path.includes('LoginService'))
      return text(200, login.replaceAll(token, LENT), { 'content-type': 'text/xml' })(request, response)
    if (/token/.test(request.path))
      return json(200, { access_token: LENT, expires_in: 3600, refresh_token: `${LENT}-next` })(request, response)
    if (/^fetch$/i.test(String(request.headers['x-csrf-token'])))
      return json(200, {}, { 'x-csrf-token': 'csrf' })(request, response)
    const said = [request.headers.authorization, request.body, request.path, JSON.stringify(request.headers)].join(' ')
    return json(400, { message: said, error: { message: said }, errors: [{ id: 'x', message: said }] })(
      request,
      response,
    )
  }
  /** Names of users and keys are no secrets: the editor shows them. */
  const textOf = (name: string) => {
    if (name === 'privateKey') return pem
    return CREDENTIALS[name as keyof typeof CREDENTIALS].type === 'text'
      ? `name-of-${name}`
      : `canary-${name}-0123456789`
  }
  const credentialsOf = (slug: string) =>
    Object.fromEntries(templateOf(slug).credentials.map(({ name }) => [name, textOf(name)]))
  const accountOf = (slug: string) => {
    const profile = templateOf(slug)
    const missing = profile.parameters.map(({ name }) => [name, `fict${name}`])
    const parameters = JSON.stringify({ ...Object.fromEntries(missing), ...sampleParameters(profile) })
    return partner(slug, { baseUrl: server.url, parameters, credentials: credentialsOf(slug) })
  }

  before(async () => {
    server = await scriptedServer()
    server.script(echo)
    const flow = CALLS.flatMap(([slug, operation]) => [
      accountOf(slug),
      node(`source-${slug}`, 'event-in', [[`ask-${slug}`]], { channel: slug, subscription: slug, concurrency: 1 }),
      node(`ask-${slug}`, 'provider-connector', [[], ['refused'], []], {
        ...{ partner: account(slug), operation, input: 'payload', inputType: 'msg' },
      }),
    ])
    await bench.deploy(...flow, catchAll('refused'), probe('refused'))
    for (const [slug, operation] of CALLS)
      await bench.publish(sample(templateOf(slug), `${operation}.input.json`), { channel: slug })
    await bench.arrived('refused', CALLS.length)
  })
  after(() => server.close())

  const leaks = (shown: string) =>
    ['canary', 'BEGIN PRIVATE', pem.toString().slice(80, 120), 'eyJ'].filter((secret) => shown.includes(secret))
  const shownAt = async (path: string) => {
    const response = await fetch(`${bench.hub.url}${path}`, { headers: { accept: 'application/json' } })
    assert.ok(response.status < 500, `${path}: ${response.status}`)
    return response.text()
  }

  it('went to the partners', () => {
    const sent = JSON.stringify(server.seen)
    for (const said of [LENT, 'eyJ', 'hmac canary-apiKey']) assert.ok(sent.includes(said), said)
  })

  it('stand neither in messages, nor in the log', () => {
    assert.deepEqual(leaks(JSON.stringify(bench.at('refused'))), [])
    assert.deepEqual(leaks(bench.hub.errors.join('\n')), [])
  })

  it('stand neither in the flows that the editor reads, nor in those on disk', async () => {
    assert.deepEqual(leaks(await shownAt('/editor/flows')), [])
    for (const [slug] of CALLS)
      assert.deepEqual(leaks(await shownAt(`/editor/credentials/partner/${account(slug)}`)), [], slug)
    const files = readdirSync(bench.hub.dataDir, { recursive: true, withFileTypes: true })
    for (const file of files.filter((entry) => entry.isFile()))
      assert.deepEqual(leaks(readFileSync(join(file.parentPath, file.name), 'latin1')), [], file.name)
  })

  it('stand in no answer about partners', async () => {
    const paths = CALLS.flatMap(([slug]) => [`/cartage/partners/gallery/${slug}`, `/cartage/partners/${slug}/profile`])
    for (const path of ['/cartage/partners', ...paths])
      assert.deepEqual(leaks(await shownAt(`/editor${path}`)), [], path)
    assert.deepEqual(leaks(await shownAt('/metrics')), [])
  })
})
