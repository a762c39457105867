import { asJson, type Onboarding } from '../../engine/api/onboarding.ts'
import { CartageError } from '../../engine/errors.ts'
import type { Profile } from '../../engine/partner/profile.ts'
import { readAnswers } from '../../engine/partner/registry/new-partner.ts'
import { isObject } from '../../engine/partner/registry/objects.ts'
import { card, questions } from '../../engine/partner/registry/gallery.ts'
import { invalid } from '../../engine/partner/registry/slug.ts'
import type { CartageRuntime } from '../support/runtime.ts'
import { deployNodes } from './deploy-nodes.ts'
import { listed, unknownTemplate } from './partner-list.ts'
import { createPartner, type MadePartner, nodesOf, type PartnerMaker, removePartner } from './partner-maker.ts'

/** Fields of a list entry that the API's list of partners shows beside its own. */
const SHOWN = [
  'kind',
  'own',
  'origin',
  'upgrade',
  'status',
  'version',
  'deployed',
  'environment',
  'words',
  'health',
  'trial',
]

/** What one does in the editor to bring a partner on its way, for programs. */
export function onboardingOf(runtime: () => CartageRuntime, maker: PartnerMaker): Onboarding {
  const known = (slug: string) => {
    const profile = runtime().profiles.get(slug)
    if (!profile) throw unknownPartner()
    return profile.id
  }
  const shipped = () => [...runtime().profiles.values()].filter(({ id }) => !runtime().own.head(id))
  return {
    async standings() {
      const all = (await listed(runtime())).map(asJson)
      const inUse = all.filter(({ own, deployed }) => own === true || deployed === true)
      return new Map(
        inUse.map((one) => [String(one.slug), Object.fromEntries(SHOWN.flatMap((name) => shownIn(one, name)))]),
      )
    },
    gallery: () =>
      shipped()
        .map(card)
        .map(({ icon: _icon, ...others }) => asJson(others)),
    template(slug) {
      const template = shipped().find(({ id }) => id === slug)
      if (!template) throw unknownTemplate()
      const { icon: _icon, ...others } = questions(template)
      return asJson(others)
    },
    create: (body, by) => create(runtime(), maker, body, by),
    deploy: (slug, body, by) => deploy(runtime(), maker, known(slug), body, by),
    remove: async (slug, by) => void (await removePartner(runtime(), known(slug), by)),
    status: (slug) => asJson(runtime().statuses.record(known(slug))),
    setStatus: async (slug, to, told) => asJson(await runtime().statuses.set(known(slug), to, told)),
    upgrade: async (slug) => asJson(await runtime().upgrades.look(known(slug))),
    applyUpgrade: async (slug, to, files, by) => asJson(await runtime().upgrades.apply(known(slug), to, files, by)),
    undoUpgrade: async (slug, by) => asJson(await runtime().upgrades.undo(known(slug), by)),
  }
}

function shownIn(entry: Record<string, unknown>, name: string): [string, never][] {
  return entry[name] === undefined ? [] : [[name === 'words' ? 'condition' : name, entry[name] as never]]
}

async function create(runtime: CartageRuntime, maker: PartnerMaker, body: Record<string, unknown>, by: string) {
  const { deploy = false } = body
  if (typeof deploy !== 'boolean') throw invalid('partner.field', 'deploy', 'must be true or false')
  if (!deploy && body.credentials !== undefined)
    throw invalid('partner.field', 'credentials', 'are kept on the configuration node: they need "deploy"')
  const template = runtime.profiles.get(String(body.template))
  const given = credentialsOf(body.credentials, template)
  const made = await createPartner(runtime, maker, body, by)
  if (!deploy) return asJson(made)
  return deployed(made, { given, wish: body.webhookSecret, by }).catch(async (error) => {
    await removePartner(runtime, made.slug, by)
    throw error
  })
}

/** The nodes of a partner that was made without. */
async function deploy(
  runtime: CartageRuntime,
  maker: PartnerMaker,
  slug: string,
  body: Record<string, unknown>,
  by: string,
) {
  const [head, profile] = [runtime.own.head(slug), runtime.profiles.get(slug)]
  if (!head || !profile) throw unknownPartner()
  if (runtime.partners.has(slug)) throw new CartageError('refused', 'partner.in-use', 'It is deployed already.')
  const { origin, label } = head
  const answers = readAnswers({ ...body, template: origin.template, label, slug })
  const given = credentialsOf(body.credentials, profile)
  return deployed(nodesOf(profile, answers, { ...maker, origin }), { given, wish: body.webhookSecret, by })
}

/** The secrets of a partner stand on its configuration node, where Node-RED encrypts them. */
async function deployed(made: MadePartner, told: { given: Record<string, string>; wish: unknown; by: string }) {
  const credentials = { ...told.given, ...signing(made, told.wish) }
  const nodes = made.nodes.map((node) => (node.id === made.configNode ? { ...node, credentials } : node))
  await deployNodes(nodes, told.by).catch((cause) => {
    throw new CartageError('refused', 'partner.deploy', `The flows did not take it: ${String(cause)}`, { cause })
  })
  const { nodes: _nodes, ...others } = made
  const missing = made.credentialNames.filter((name) => !credentials[name])
  return asJson({ ...others, deployed: true, missing })
}

/** The secret that the partner signs with: generated, or as it was given. */
function signing({ webhook }: MadePartner, wish: unknown): Record<string, string> {
  const secret = webhook?.secret ?? (typeof wish === 'string' ? wish : '')
  return webhook?.credential && secret !== '' ? { [webhook.credential]: secret } : {}
}

function credentialsOf(given: unknown, of: Profile | undefined): Record<string, string> {
  if (given === undefined) return {}
  if (!isObject(given)) throw invalid('partner.field', 'credentials', 'must be an object')
  for (const [name, value] of Object.entries(given)) {
    const isDeclared = of === undefined || of.credentials.some((one) => one.name === name)
    if (!isDeclared) throw invalid('partner.field', `credentials.${name}`, 'is no credential of the template')
    if (typeof value !== 'string') throw invalid('partner.field', `credentials.${name}`, 'must be a text')
  }
  return given as Record<string, string>
}

function unknownPartner(): CartageError {
  return new CartageError('invalid', 'template.unknown', 'there is no such partner', { field: 'partner' })
}
