import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ask, listeningHub, simulatedPartners } from '../support/simulated-partners.ts'

interface Manifest {
  id: string
  baseUrl?: string
  parameters: { name: string; default?: string }[]
  credentials: { name: string }[]
  auth: { type: string; csrf?: { fetchPath: string } }
  operations?: Record<string, { method: string; path: string }>
}

/** The partners that are simulated; the others' templates are proven by their samples. */
const SIMULATED = [
  'onfleet',
  'uber-direct',
  'easypost',
  'sap-s4hana',
  'd365-finance-operations',
  'shiphero',
  'zendesk',
  'optimoroute',
  'nominatim',
]
/** What a simulated account has no use for: these send no events. */
const UNUSED = ['CARTAGE_D365_FINANCE_OPERATIONS_WEBHOOK_SECRET']

const root = join(import.meta.dirname, '../../templates')
const manifests = (existsSync(root) ? readdirSync(root) : []).flatMap((kind) =>
  readdirSync(join(root, kind))
    .map((slug) => join(root, kind, slug, 'manifest.json'))
    .filter(existsSync)
    .map((file) => JSON.parse(readFileSync(file, 'utf8')) as Manifest)
    .filter(({ id }) => SIMULATED.includes(id)),
)
const upper = (name: string) =>
  name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll('-', '_')
    .toUpperCase()

/** Templates and simulators are written apart; here they meet. */
describe('templates and simulators', () => {
  let partners: Awaited<ReturnType<typeof simulatedPartners>>

  before(async () => {
    partners = await simulatedPartners(await listeningHub())
  })
  after(() => partners.close())

  it('are both there', () => {
    assert.equal(manifests.length, SIMULATED.length)
    for (const id of SIMULATED) assert.ok(partners.env[`CARTAGE_${upper(id)}_URL`], `${id} is simulated`)
  })

  for (const { id, operations, parameters, credentials, auth } of manifests) {
    const calls = Object.entries(operations ?? {})
    it(`agree about the operations of ${id}`, async () => {
      const base = partners.env[`CARTAGE_${upper(id)}_URL`] ?? ''
      const tokens = auth.csrf === undefined ? [] : [['csrf', { method: 'GET', path: auth.csrf.fetchPath }] as const]
      for (const [name, { method, path }] of [...calls, ...tokens]) {
        const filled = path.replace(
          /\{params\.(\w+)\}/g,
          (_, parameter: string) => partners.env[`CARTAGE_${upper(id)}_${upper(parameter)}`] ?? parameter,
        )
        await ask(base + filled.replace(/\{[^}]*\}/g, '42'), { method }).catch(() => undefined)
        const last = partners.ledger.requests({ partner: id }).at(-1) as
          | { operation: string; method: string; path: string }
          | undefined
        assert.ok(last !== undefined && last.operation !== 'unknown', `${name}: ${method} ${last?.path ?? base + path}`)
      }
    })

    it(`agree about the account at ${id}`, () => {
      const wanted = [...credentials, ...parameters.filter((parameter) => parameter.default === undefined)]
      const missing = wanted
        .map(({ name }) => `CARTAGE_${upper(id)}_${upper(name)}`)
        .filter((name) => partners.env[name] === undefined && !UNUSED.includes(name))
      assert.deepEqual(missing, [])
    })
  }
})
