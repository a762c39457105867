import assert from 'node:assert/strict'
import type { Webhook } from '../../engine/partner/profile-types.ts'
import { trustIssue } from '../../engine/partner/trust/declared.ts'
import type { JwtSignature, OneSignature } from '../../engine/partner/trust/types.ts'
import { hmac } from '../support/signature.ts'

type Declared = Pick<Webhook, 'signature' | 'handshake' | 'format'>

const DECLARED = new Set(['webhookSecret', 'account'])
const token: OneSignature = { type: 'token', query: 'token', secret: 'webhookSecret' }
const timestamp = { header: 'x-time', unit: 's', toleranceSeconds: 300 } as const
const jwt = (more: Partial<JwtSignature> = {}): JwtSignature => ({
  ...{ type: 'jwt', algorithms: ['HS256'], key: 'secret', secret: 'webhookSecret' },
  ...more,
})
const { headers: _headers, ...withoutHeader } = hmac('')
const inBody: OneSignature = { ...withoutHeader, field: 'signature', signed: '{field:data}' }

describe('how a webhook is trusted, as a template says it', () => {
  const wrong: [what: string, declared: Declared, field: string, problem: RegExp][] = [
    ['by a secret of nobody', { signature: hmac('x', { secret: 'other' }) }, 'signature.secret', /"other"/],
    ['by what is nothing', { signature: hmac('x', { signed: '{nonce}{body}' }) }, 'signature.signed', /\{nonce\}/],
    [
      'by a time from nowhere',
      { signature: hmac('x', { signed: '{timestamp}{body}' }) },
      'signature.timestamp',
      /missing/,
    ],
    ['by an id from nowhere', { signature: hmac('x', { signed: '{id}{body}' }) }, 'signature.id', /missing/],
    [
      'with a time that anybody may write',
      { signature: hmac('x', { timestamp }) },
      'signature.timestamp',
      /not signed/,
    ],
    ['by a public key taken for a secret', { signature: jwt({ key: 'public' }) }, 'signature.algorithms', /HS256/],
    ['by a secret taken for a key', { signature: jwt({ algorithms: ['ES256'] }) }, 'signature.algorithms', /ES256/],
    ['by an issuer from nowhere', { signature: jwt({ issuer: '{other}' }) }, 'signature.issuer', /\{other\}/],
    [
      'by two proofs, one of them of nobody',
      { signature: { type: 'all', of: [token, { ...token, secret: 'other' }] } },
      'signature.of.1.secret',
      /"other"/,
    ],
    ['inside a body that is no JSON', { signature: inBody, format: 'xml' }, 'signature.field', /xml/],
    [
      'by a signed check, and nothing signs',
      { signature: { type: 'none' }, handshake: { method: 'POST', signed: true, emptyBody: true } },
      'handshake.signed',
      /no signature/,
    ],
    [
      'by a check with the token of nobody',
      { signature: token, handshake: [{ method: 'GET', token: { query: 't', secret: 'other' }, echoQuery: 'c' }] },
      'handshake',
      /"other"/,
    ],
  ]
  for (const [what, declared, field, problem] of wrong)
    it(`cannot be ${what}`, () => {
      const issue = trustIssue(declared, DECLARED)
      assert.equal(issue?.field, field)
      assert.match(issue?.problem ?? '', problem)
    })

  it('may be everything else', () => {
    for (const signature of [
      hmac('x', { timestamp, signed: '{timestamp}.{header:x-id}.{body}' }),
      inBody,
      jwt({ audience: '{account}' }),
      { type: 'standard-webhooks', secret: 'webhookSecret' } as const,
      { type: 'any', of: [token, jwt()] } as const,
      { type: 'none' } as const,
    ])
      assert.equal(trustIssue({ signature } as Declared, DECLARED), undefined)
    assert.equal(trustIssue({ signature: { ...token, field: 'a.b' }, format: 'xml' }, DECLARED), undefined)
  })
})
