import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { SignedRequest } from '../../engine/partner/trust/signature.ts'
import type { HmacSignature, OneSignature, TokenSignature } from '../../engine/partner/trust/types.ts'
import { assertOnlyGenuine, genuine, hmac, signedAt } from '../support/signature.ts'

const FIXTURES = join(import.meta.dirname, '..', 'fixtures', 'contracts')

interface Sample {
  method: string
  path: string
  headers: Record<string, string>
  bodyFile?: string
  signature?: { secret?: string }
}

const { headers: _headers, ...SIMPLE } = hmac('')

/** One scheme per partner, as a profile would write it. */
const SCHEMES: Record<string, OneSignature> = {
  'courier/onfleet': hmac('X-Onfleet-Signature', { algorithm: 'sha512', keyDecoding: 'hex' }),
  'courier/uber-direct': { ...hmac('x-uber-signature'), headers: ['x-uber-signature', 'X-Postmates-Signature'] },
  'courier/easypost': hmac('X-Hmac-Signature', { prefix: 'hmac-sha256-hex=', keyDecoding: 'nfkd' }),
  'courier/shippo': hmac('Shippo-Auth-Signature', {
    prefix: 'v1=',
    signed: '{timestamp}.{body}',
    timestamp: { header: 'Shippo-Auth-Signature', prefix: 't=', unit: 's', toleranceSeconds: 300 },
  }),
  'courier/aftership': hmac('aftership-hmac-sha256', { encoding: 'base64' }),
  'courier/lalamove': {
    ...SIMPLE,
    field: 'signature',
    signed: '{timestamp}\r\n{method}\r\n{path}\r\n\r\n{field:data}',
    timestamp: { field: 'timestamp', unit: 's', toleranceSeconds: 300 },
  },
  'courier/doordash-drive': { type: 'basic', secret: 'webhookSecret' },
  'courier/shipday': { type: 'token', headers: ['token'], secret: 'webhookSecret' },
  'courier/stuart': { type: 'token', headers: ['X-Stuart-Webhook-Key'], secret: 'webhookSecret' },
  'courier/detrack': { type: 'basic', secret: 'webhookSecret' },
  'wms/shiphero': hmac('x-shiphero-hmac-sha256', { encoding: 'base64' }),
  'crm/zendesk': hmac('X-Zendesk-Webhook-Signature', {
    encoding: 'base64',
    signed: '{timestamp}{body}',
    timestamp: { header: 'X-Zendesk-Webhook-Signature-Timestamp', unit: 'iso', toleranceSeconds: 300 },
  }),
  'telematics/samsara': hmac('X-Samsara-Signature', {
    prefix: 'v1=',
    keyDecoding: 'base64',
    signed: 'v1:{timestamp}:{body}',
    timestamp: { header: 'X-Samsara-Timestamp', unit: 's', toleranceSeconds: 300 },
  }),
  'tms-route/spoke-dispatch': hmac('spoke-signature'),
  'erp/erpnext': hmac('X-Frappe-Webhook-Signature', { encoding: 'base64' }),
  'accounting/quickbooks-online': hmac('intuit-signature', { encoding: 'base64' }),
  'accounting/xero': hmac('x-xero-signature', { encoding: 'base64' }),
}

const EASYPOST_V2 = hmac('X-Hmac-Signature-V2', {
  prefix: 'hmac-sha256-hex=',
  prefixOptional: true,
  keyDecoding: 'nfkd',
  signed: '{timestamp}{method}{header:x-path}{body}',
  timestamp: { header: 'X-Timestamp', unit: 'iso', toleranceSeconds: 300 },
})

function samplesOf(system: string): { secret: string; request: SignedRequest }[] {
  const folder = join(FIXTURES, system)
  return readdirSync(folder)
    .filter((name) => name.startsWith('webhook.') && name.endsWith('.http.json'))
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Sample)
    .map(({ method, path, headers, bodyFile, signature }) => {
      const rawBody = readFileSync(join(folder, bodyFile!))
      const now = signedAt(SCHEMES[system]!, { headers, rawBody })
      return { secret: signature!.secret!, request: { rawBody, headers, method, path, now } }
    })
}

/** Shipday's samples carry a token that is longer than the one agreed on: Shipday takes 32 characters and no more. */
function asAgreed(system: string, headers: SignedRequest['headers']): SignedRequest['headers'] {
  return system === 'courier/shipday' ? { ...headers, token: String(headers.token).slice(0, 32) } : headers
}

describe('verifySignature on the contract samples', () => {
  for (const [system, signature] of Object.entries(SCHEMES)) {
    const samples = samplesOf(system)
    it(`${system}: accepts all ${samples.length} samples, and no mutant of them`, async () => {
      assert.ok(samples.length > 0)
      for (const { secret, request } of samples)
        await assertOnlyGenuine(signature, secret, { ...request, headers: asAgreed(system, request.headers) })
    })
  }

  it('every sample that has a signature has a scheme here', () => {
    const systems = readdirSync(FIXTURES, { recursive: true, encoding: 'utf8' })
      .filter((name) => /webhook\.[^/]*\.http\.json$/.test(name))
      .filter((name) => JSON.parse(readFileSync(join(FIXTURES, name), 'utf8')).signature?.secret !== undefined)
      .map(dirname)
    assert.deepEqual(new Set(systems), new Set(Object.keys(SCHEMES)))
  })

  it('no scheme accepts what another algorithm or encoding makes of the same', async () => {
    for (const [system, signature] of Object.entries(SCHEMES)) {
      if (signature.type !== 'hmac') continue
      const { secret, request } = samplesOf(system)[0]!
      const algorithm = signature.algorithm === 'sha512' ? 'sha256' : 'sha512'
      assert.equal(await genuine({ ...signature, algorithm }, [secret], request), false, system)
      const encoding = signature.encoding === 'hex' ? 'base64' : 'hex'
      assert.equal(await genuine({ ...signature, encoding }, [secret], request), false, system)
    }
  })

  it('easypost v2 signs time, method and path too, with or without its prefix', async () => {
    for (const { secret, request } of samplesOf('courier/easypost')) {
      const { headers } = request
      const timed = { ...request, now: signedAt(EASYPOST_V2, request) }
      await assertOnlyGenuine(EASYPOST_V2, secret, timed)
      const bare = String(headers['X-Hmac-Signature-V2']).replace('hmac-sha256-hex=', '')
      const withHeader = (more: object) =>
        genuine(EASYPOST_V2, [secret], { ...timed, headers: { ...headers, ...more } })
      assert.ok(await withHeader({ 'X-Hmac-Signature-V2': bare }))
      assert.ok(!(await withHeader({ 'X-Path': '/elsewhere' })))
      // The normalisation matters: the sample's secret has an accent.
      assert.ok(!(await genuine({ ...EASYPOST_V2, keyDecoding: 'text' }, [secret], timed)))
    }
  })

  it('lalamove signs the exact text of its data, and the path that it knows, whatever a proxy takes off', async () => {
    const { secret, request } = samplesOf('courier/lalamove')[0]!
    const signature = SCHEMES['courier/lalamove']!
    const respelt = Buffer.from(Buffer.from(request.rawBody).toString().replace('"data":{', '"data":{ '))
    assert.ok(!(await genuine(signature, [secret], { ...request, rawBody: respelt })))
    const behindProxy = { ...request, path: '/lalamove', publicUrl: 'https://hub.example.com/hooks/' }
    assert.ok(await genuine(signature, [secret], behindProxy))
  })

  it('shipday: a token longer than the agreed one does not pass by its beginning', async () => {
    for (const { secret, request } of samplesOf('courier/shipday')) {
      assert.ok(String(request.headers.token).startsWith(secret))
      assert.ok(!(await genuine(SCHEMES['courier/shipday']!, [secret], request)))
    }
  })

  it('shippo can also be met by its token in the URL', async () => {
    const token: TokenSignature = { type: 'token', query: 'token', secret: 'webhookSecret' }
    for (const { request } of samplesOf('courier/shippo'))
      await assertOnlyGenuine(token, 'fict123abc', { ...request, headers: {} })
  })

  it('refuses the mistakes seen in public verifiers', async () => {
    const onfleet = samplesOf('courier/onfleet')[0]!
    const right = SCHEMES['courier/onfleet'] as HmacSignature
    const { rawBody } = onfleet.request
    assert.ok(!(await genuine({ ...right, keyDecoding: 'text' }, [onfleet.secret], onfleet.request)))
    const made = createHmac('sha256', Buffer.from(onfleet.secret, 'hex')).update(rawBody).digest('hex')
    const sha256 = { ...onfleet.request, headers: { 'X-Onfleet-Signature': made } }
    assert.ok(!(await genuine(right, [onfleet.secret], sha256)), 'a sha256 digest for onfleet')

    const zendesk = samplesOf('crm/zendesk')[0]!
    const dotted = { ...(SCHEMES['crm/zendesk'] as HmacSignature), signed: '{timestamp}.{body}' }
    assert.ok(!(await genuine(dotted, [zendesk.secret], zendesk.request)), 'zendesk with a dot')

    const samsara = samplesOf('telematics/samsara')[0]!
    const scheme = SCHEMES['telematics/samsara'] as HmacSignature
    assert.ok(!(await genuine({ ...scheme, keyDecoding: 'text' }, [samsara.secret], samsara.request)))
    assert.ok(!(await genuine({ ...scheme, signed: '{body}' }, [samsara.secret], samsara.request)))

    const erpnext = samplesOf('erp/erpnext')[0]!
    const hex = createHmac('sha256', erpnext.secret).update(erpnext.request.rawBody).digest('hex')
    const inHex = { ...erpnext.request, headers: { 'X-Frappe-Webhook-Signature': hex } }
    assert.ok(!(await genuine(SCHEMES['erp/erpnext']!, [erpnext.secret], inHex)), 'a hex digest for erpnext')
  })
})
