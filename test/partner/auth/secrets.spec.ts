import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import type { Auth, Operation } from '../../../engine/partner/profile.ts'
import { authBench, POST } from '../../support/auth-bench.ts'
import { failureOf } from '../../support/partner-client.ts'
import { json, type SeenRequest, type Step } from '../../support/scripted-server.ts'

const pem = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' })
const CREDENTIALS = {
  ...{ username: 'canary-user', password: 'canary/pass word', apiKey: 'canary-api-key', clientSecret: 'canary-client' },
  ...{ signingKey: 'canary-signing-key', consumerSecret: 'canary-consumer', tokenSecret: 'canary-token' },
  ...{ refreshToken: 'canary-refresh', privateKey: pem.toString() },
}
const client = { clientId: 'us', clientSecret: '{clientSecret}' }
const claims = { claims: { iss: 'us' }, lifetimeSeconds: 60 }
const KINDS: [title: string, auth: Auth][] = [
  ['Basic', { type: 'basic', username: '{username}', password: '{password}' }],
  ['a bearer token', { type: 'bearer', token: '{apiKey}' }],
  ['a header', { type: 'header', name: 'X-Key', value: 'Key {apiKey}' }],
  ['the query', { type: 'query', name: 'key', value: '{password}' }],
  ['OAuth 2.0', { type: 'oauth2', tokenUrl: '/token', ...client }],
  ['a refresh token', { type: 'oauth2', tokenUrl: '/token', ...client, refreshToken: '{refreshToken}' }],
  ['a signed token', { type: 'jwt', algorithm: 'HS256', key: '{signingKey}', ...claims }],
  ['an assertion', { type: 'jwt-bearer', tokenUrl: '/token', algorithm: 'ES256', key: '{privateKey}', ...claims }],
  [
    'signed requests',
    {
      ...{ type: 'hmac', algorithm: 'sha256', encoding: 'hex', key: '{signingKey}', signed: '{body}' },
      headers: { Authorization: 'hmac {apiKey}:{signature}' },
    },
  ],
  [
    'OAuth 1.0a',
    {
      ...{ type: 'oauth1', consumerKey: 'us', token: 'them' },
      ...{ consumerSecret: '{consumerSecret}', tokenSecret: '{tokenSecret}' },
    },
  ],
  [
    'a session',
    {
      ...{ type: 'session', login: 'login', input: { user: '{username}', password: '{password}' }, gives: ['token'] },
      headers: { Authorization: 'Session {token}' },
    },
  ],
]

describe('what proves who we are', () => {
  const bench = authBench(CREDENTIALS)
  const operations: Record<string, Operation> = { book: POST, login: { ...POST, path: '/login' } }
  /** What must not show: credentials, what they were made into, and what the partner lent us for them. */
  const secretsIn = (text: string, sent: SeenRequest[]) => {
    const made = sent.flatMap(({ headers }) =>
      String(headers.authorization ?? '')
        .split(' ')
        .slice(1),
    )
    const proofs = made.filter((part) => /^[A-Za-z0-9+/=_.-]{16,}$/.test(part))
    const encoded = Object.values(CREDENTIALS).flatMap((secret) => [secret, encodeURIComponent(secret)])
    const begun = proofs.map((proof) => proof.slice(0, 8))
    return [...encoded, 'canary', 'BEGIN', 'lent', ...begun].filter((secret) => text.includes(secret))
  }
  /** Says back everything that it was told, behind so many other characters. */
  const echo =
    (status: number, behind = 0): Step =>
    (request, response) => {
      const lent = { access_token: 'lent-token-0123456789', token: 'lent-token-0123456789', expires_in: 60 }
      if (/token|login/.test(request.path)) return json(200, lent)(request, response)
      const said = `${request.path} ${JSON.stringify(request.headers)} ${request.body}`
      const words = `${'.'.repeat(behind)}${said.slice(said.indexOf('authorization'))}`
      return json(status, { message: words, error: said })(request, response)
    }
  const told = (error: Error): string => {
    const { name: _name, stack: _stack, ...fields } = error
    return [error.message, JSON.stringify(fields), error.cause instanceof Error ? told(error.cause) : ''].join('\n')
  }

  for (const [title, auth] of KINDS) {
    it(`shows neither in a refusal nor in a failure nor in what is told of calls, by ${title}`, async () => {
      const facts: unknown[] = []
      const one = bench.client(auth, { operations }, { onCall: (fact) => facts.push(fact) })
      bench.script(echo(422))
      const refusal = JSON.stringify(await one.call('book', { note: 'x' }))
      assert.match(refusal, /"refused"/)
      // What is said is cut at 500 characters: half a secret is a secret, too.
      bench.script(echo(422, 465))
      const cut = JSON.stringify(await one.call('book', { note: 'x' }))
      bench.script(echo(401))
      const failures = [told(await failureOf(one.call('book', {})))]
      bench.script(json(400, { error: 'invalid_grant', message: Object.values(CREDENTIALS).join(' ') }))
      const anew = bench.client(auth, { operations }, { onCall: (fact) => facts.push(fact) })
      failures.push(
        await anew.call('book', {}).then(
          (answer) => JSON.stringify(answer),
          (error) => told(error),
        ),
      )
      const all = [refusal, cut, ...failures, JSON.stringify(facts)].join('\n')
      assert.deepEqual(secretsIn(all, bench.seen), [])
    })
  }
})
