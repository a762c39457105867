import assert from 'node:assert/strict'
import type { Account } from '../../../engine/partner/trial/account.ts'
import type { Check } from '../../../engine/partner/trial/types.ts'
import { type Clone, trialOfClone } from '../../support/trial-clone.ts'

interface Spoilt {
  what: string
  slug: string
  spoil: (clone: Clone) => void
  /** Checks that must fail because of it. */
  fails: string[]
  /** What the first of them says. */
  says: RegExp
  account?: Account
}

const webhookMap = 'map/webhook.jsonata'
const account = (credentials: string[], parameters: Record<string, string>): Account => ({
  credentials: new Set(credentials),
  parameters,
  call: async () => assert.fail('nobody is called'),
})

const SPOILT: Spoilt[] = [
  {
    what: 'signs with another algorithm',
    slug: 'onfleet',
    spoil: ({ manifest }) => manifest(({ webhook }) => Object.assign(webhook.signature, { algorithm: 'sha256' })),
    fails: ['signature.samples'],
    says: /signed otherwise than the manifest says/,
  },
  {
    what: 'takes the secret for text where it is hexadecimal',
    slug: 'onfleet',
    spoil: ({ manifest }) => manifest(({ webhook }) => Object.assign(webhook.signature, { keyDecoding: 'text' })),
    fails: ['signature.samples'],
    says: /signature\.mismatch/,
  },
  {
    what: 'believes whoever knows the address',
    slug: 'generic-webhook',
    spoil: ({ manifest }) => manifest(({ webhook }) => Object.assign(webhook, { signature: { type: 'none' } })),
    fails: ['signature'],
    says: /whoever knows the address/,
  },
  {
    what: 'drops a field that events need',
    slug: 'generic-webhook',
    spoil: ({ file }) => file(webhookMap, (text) => text.replace('"occurredAt"', '"happenedAt"')),
    fails: ['required-fields', 'goldens.webhook', 'webhook.samples'],
    says: /occurredAt/,
  },
  {
    what: 'drops a field that events can do without, and people do not want to',
    slug: 'generic-webhook',
    spoil: ({ file }) => file(webhookMap, (text) => text.replace('"rawText"', '"text"')),
    fails: ['goldens.webhook'],
    says: /differ/,
  },
  {
    what: 'guesses what an unknown code means',
    slug: 'generic-webhook',
    spoil: ({ file }) =>
      file(webhookMap, (text) =>
        text.replace(
          '$code(body.event)',
          '($c := $code(body.event); $c.type = "status.unmapped" ? {"type": "transit.moving"} : $c)',
        ),
      ),
    fails: ['codes.unknown'],
    says: /becomes transit\.moving/,
  },
  {
    what: 'does not look at the table of codes',
    slug: 'generic-webhook',
    spoil: ({ file }) =>
      file(webhookMap, (text) =>
        text.replace('$code(body.event)', '$code(body.event = "returned" ? "delivered" : body.event)'),
      ),
    fails: ['codes.every'],
    says: /returned becomes delivery\.completed/,
  },
  {
    what: 'has no codes',
    slug: 'generic-webhook',
    spoil: ({ file }) => file('codes.json', () => '{}'),
    fails: ['codes', 'goldens.webhook'],
    says: /empty/,
  },
  {
    what: 'has no code for a delivery',
    slug: 'generic-webhook',
    spoil: ({ file }) => file('codes.json', (text) => text.replace('"delivery.completed"', '"delivery.arrived"')),
    fails: ['codes', 'webhook.samples'],
    says: /never come to their end/,
  },
  {
    what: 'lacks a code that the partner is known to use',
    slug: 'onfleet',
    spoil: ({ file }) => file('codes.json', (text) => text.replace('"taskArrival":', '"taskArrived":')),
    fails: ['codes.listed'],
    says: /taskArrival/,
  },
  {
    what: 'gives every event the same id',
    slug: 'generic-webhook',
    spoil: ({ manifest }) => manifest(({ webhook }) => Object.assign(webhook, { messageId: '"always"' })),
    fails: ['webhook.different'],
    says: /messageId/,
  },
  {
    what: 'takes every event for one fact',
    slug: 'generic-webhook',
    spoil: ({ file }) => file(webhookMap, (text) => text.replace(/"dedupKey":[^\n]*/, '"dedupKey": "one|fact"')),
    fails: ['happy-path'],
    says: /still/,
  },
  {
    what: 'lets in whatever secret there is',
    slug: 'onfleet',
    spoil: ({ manifest }) =>
      manifest((all) => Object.assign(all, { auth: { type: 'header', name: 'X-Key', value: 'fixed' } })),
    fails: ['login.refused'],
    says: /Wrong secrets are not noticed/,
  },
  {
    what: 'takes a refusal for success',
    slug: 'onfleet',
    spoil: ({ manifest }) => manifest(({ operations }) => Object.assign(operations.book, { ok: 'true' })),
    fails: ['refusal'],
    says: /taken for success/,
  },
  {
    what: 'reads the answer wrongly',
    slug: 'onfleet',
    spoil: ({ file }) => file('map/task.answer.jsonata', (text) => text.replace('"bookingId"', '"id"')),
    fails: ['operation.book', 'goldens.task.answer'],
    says: /bookingId/,
  },
  {
    what: 'books twice when an answer is lost: the look-up never finds it, and there is no key',
    slug: 'uber-direct',
    spoil: ({ manifest }) =>
      manifest(({ operations }) => {
        delete operations.book.key
        delete operations.book.lookup
      }),
    fails: ['lost-answer.book'],
    says: /^Risk: /,
  },
  {
    what: 'is called by a name that its booking does not give',
    slug: 'generic-rest',
    spoil: ({ file }) => file('map/shipment.answer.jsonata', (text) => text.replace('"trackingNumber"', '"number"')),
    fails: ['references', 'operation.book'],
    says: /tracking/,
  },
  {
    what: 'has a cut-off of no time zone',
    slug: 'onfleet',
    spoil: ({ manifest }) => manifest(({ tariff }) => delete tariff.timeZone),
    fails: ['cut-off.zone'],
    says: /time zone/,
  },
  {
    what: 'gives answers less than a second',
    slug: 'onfleet',
    spoil: ({ manifest }) => manifest(({ limits }) => Object.assign(limits, { timeoutMs: 200 })),
    fails: ['limits'],
    says: /timeoutMs/,
  },
  {
    what: 'has a sample that cannot be read',
    slug: 'generic-webhook',
    spoil: ({ file }) => file('samples/webhook.delivered.json', (text) => text.slice(0, 20)),
    fails: ['samples'],
    says: /webhook\.delivered\.json is no JSON/,
  },
  {
    what: 'has a request among its samples that names no body',
    slug: 'generic-webhook',
    spoil: ({ file }) =>
      file('samples/webhook.delivered.http.json', (text) => text.replace('webhook.delivered.json', 'lost.json')),
    fails: ['samples'],
    says: /a body that is not there: lost\.json/,
  },
  {
    what: 'has a list of codes that is none',
    slug: 'onfleet',
    spoil: ({ file }) => file('samples/codes.list.json', () => '{"taskStarted":1}'),
    fails: ['samples'],
    says: /no list of codes/,
  },
  {
    what: 'is an account without a time zone, although times come without one',
    slug: 'generic-webhook',
    spoil: ({ manifest }) => manifest((all) => Object.assign(all, { label: 'A copy' })),
    account: account(['webhookSecret'], {}),
    fails: ['parameters'],
    says: /timeZone/,
  },
  {
    what: 'is an account without its secret',
    slug: 'generic-webhook',
    spoil: ({ manifest }) => manifest((all) => Object.assign(all, { label: 'A copy' })),
    account: account([], { timeZone: 'Europe/Berlin' }),
    fails: ['secrets'],
    says: /Webhook secret/,
  },
]

describe('the trial of an account', () => {
  it('asks for no parameter that can be done without', async () => {
    const change = ({ manifest }: Clone) =>
      manifest((all) => all.parameters.push({ name: 'note', label: 'A note for the driver' }))
    const given = account(['webhookSecret'], { timeZone: 'Europe/Berlin' })
    const checks = await trialOfClone('generic-webhook', change, given)
    assert.equal(checks.find(({ id }) => id === 'parameters')?.outcome, 'passed')
  })
})

describe('the trial of a partner that', function () {
  this.timeout(60_000)

  for (const { what, slug, spoil, fails, says, account: given } of SPOILT)
    it(`${what} fails at ${fails.join(', ')}`, async () => {
      const checks = await trialOfClone(slug, spoil, given)
      const failed = new Map(checks.filter(({ outcome }) => outcome === 'failed').map((check) => [check.id, check]))
      for (const id of fails) assert.ok(failed.has(id), `${id}: ${shown(checks, id)}; failed: ${[...failed.keys()]}`)
      assert.match(failed.get(fails[0]!)?.why ?? '', says)
    })
})

function shown(checks: Check[], id: string): string {
  const { outcome, why } = checks.find((check) => check.id === id) ?? {}
  return `${outcome} ${why}`
}
