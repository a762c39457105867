import assert from 'node:assert/strict'
import { mappingsOf } from '../../engine/mapping/catalogue.ts'
import type { Profile } from '../../engine/partner/profile-types.ts'
import { sign } from '../../engine/partner/trust/sign.ts'
import { type SignedRequest, signatureParts } from '../../engine/partner/trust/signature.ts'
import { flowBench } from '../support/flow-bench.ts'
import { account, node, partner, probe } from '../support/flow-nodes.ts'
import { asList } from '../support/goldens.ts'
import {
  sample,
  sampleParameters,
  samplesOf,
  sampleText,
  templateFolders,
  templateIn,
  templatesFolder,
} from '../support/templates.ts'

/** One moment for all: what is sent twice is the same to the last byte. */
const NOW = Date.now()
const PARTNERS = templateFolders()
  .map(templateIn)
  .filter((profile) => profile.webhook && httpSamples(profile).length > 0)

describe('the webhooks of every partner, on the hub', () => {
  const bench = flowBench(() => ({
    CARTAGE_TEMPLATES: templatesFolder,
    ...Object.assign({}, ...PARTNERS.map(settingsOf)),
  }))
  before(() => bench.deploy(...PARTNERS.flatMap(flowOf)))

  for (const profile of PARTNERS)
    it(`${profile.id}: what its samples tell comes out, once; what nobody signed does not come in`, async () => {
      const sent = httpSamples(profile).map((name) => ({ ...sample(profile, name), name }))
      const path = `/webhooks/${profile.id}`
      const format = profile.webhook?.format ?? 'json'
      const post = ({ path, headers, rawBody }: Pick<SignedRequest, 'path' | 'headers' | 'rawBody'>) =>
        fetch(bench.hub.url + path, {
          method: 'POST',
          headers: headers as Record<string, string>,
          body: new Uint8Array(rawBody),
        })
      for (const { headers, bodyFile, signature } of [...sent, ...sent]) {
        const unsigned = { rawBody: sampleText(profile, bodyFile), headers, method: 'POST', path, now: NOW, format }
        const { status } = await post(await sign(profile.webhook!.signature, () => signature.secret, unsigned))
        assert.equal(status, profile.webhook?.answer?.status ?? 202, bodyFile)
      }
      const headers = { 'content-type': 'application/json' }
      assert.equal((await post({ path, headers, rawBody: sampleText(profile, sent[0]!.bodyFile) })).status, 401)

      const golden = sent.flatMap(({ name }) => asList(sample(profile, name.replace('.http.', '.canonical.'))))
      const expected = golden.map((item) => topicOf(item as { type: string; entity?: string })).sort()
      await bench.settled(`webhooks.${profile.id}`)
      assert.deepEqual(
        bench
          .at(profile.id)
          .map(({ topic }) => topic)
          .sort(),
        expected,
      )
      assert.deepEqual(await bench.deadLetters(`webhooks.${profile.id}`), [])
    })
})

/** Events go on by their type, other documents by what they are. */
function topicOf({ type, entity }: { type: string; entity?: string }): string {
  return entity ?? type
}

function httpSamples(profile: Profile): string[] {
  return samplesOf(profile).filter((name) => /^webhook\..*\.http\.json$/.test(name))
}

/** The account that the samples come from, as its environment. */
function settingsOf(profile: Profile): Record<string, string> {
  const named = (name: string) => `CARTAGE_${snake(profile.id)}_${snake(name)}`
  const [first] = httpSamples(profile)
  const [part] = signatureParts(profile.webhook!.signature)
  const parameters = Object.entries(sampleParameters(profile)).map(([name, value]) => [named(name), value])
  return { ...Object.fromEntries(parameters), [named(part!.secret)]: sample(profile, first!).signature.secret }
}

function snake(name: string): string {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll('-', '_')
    .toUpperCase()
}

function flowOf(profile: Profile) {
  const { id, webhook } = profile
  const { entity } = mappingsOf(profile).find(({ role }) => role === 'webhook') ?? {}
  return [
    partner(id),
    node(`in-${id}`, 'webhook-in', [[`map-${id}`]], { partner: account(id) }),
    node(`map-${id}`, 'canonical-mapper', [[id], []], {
      partner: account(id),
      direction: 'in',
      // Where the partner does not say it, each result does: any entity stands for that.
      entity: entity ?? 'case',
      mapping: webhook!.mapping,
      mappingType: 'template',
    }),
    probe(id),
  ]
}
