import type { Node, NodeAPI, NodeDef } from 'node-red'
import type { EnvironmentName } from '../../engine/partner/profile.ts'
import type { PartnerHandle } from '../support/partners.ts'
import { runtimeOf } from '../support/runtime.ts'

interface PartnerConfig extends NodeDef {
  /** Slug of the template. */
  template: string
  baseUrl: string
  /** Which of the template's addresses is meant; empty: its usual one. */
  environment?: EnvironmentName | ''
  /** The address may be a private one, though not every partner's may. */
  privateAddresses?: boolean
  /** A JSON object of the template's parameters. */
  parameters: string
}

/** Every credential that a template may declare. Node-RED wants them named in advance, so this list is the widest. */
export const CREDENTIALS = {
  apiKey: { type: 'password' },
  apiToken: { type: 'password' },
  accessToken: { type: 'password' },
  username: { type: 'text' },
  password: { type: 'password' },
  email: { type: 'text' },
  clientId: { type: 'text' },
  clientSecret: { type: 'password' },
  webhookSecret: { type: 'password' },
  nextSecret: { type: 'password' },
  signingKey: { type: 'password' },
  apiSecret: { type: 'password' },
  keyId: { type: 'text' },
  consumerKey: { type: 'text' },
  consumerSecret: { type: 'password' },
  tokenId: { type: 'text' },
  tokenSecret: { type: 'password' },
  refreshToken: { type: 'password' },
  privateKey: { type: 'password' },
  clientCertificate: { type: 'password' },
  clientKey: { type: 'password' },
  caCertificate: { type: 'password' },
} as const

type PartnerNode = Node<Record<string, string>> & { handle?: PartnerHandle }

export default function (RED: NodeAPI): void {
  function construct(this: PartnerNode, config: PartnerConfig): void {
    RED.nodes.createNode(this, config)
    try {
      const runtime = runtimeOf(RED)
      const handle = runtime.connect(config.template, {
        baseUrl: config.baseUrl,
        ...(config.environment && { environment: config.environment }),
        credentials: this.credentials ?? {},
        ...(config.privateAddresses === true && { privateAddresses: true }),
        parameters: parametersOf(config.parameters),
      })
      this.handle = handle
      runtime.partners.set(handle.slug, handle)
      this.on('close', () => {
        if (runtime.partners.get(handle.slug) === handle) runtime.partners.delete(handle.slug)
        // A deploy does not wait for calls under way: each has its deadline, and its answer is kept by the outbox.
        handle.close().catch((error) => this.error(error))
      })
    } catch (error) {
      this.error(error)
    }
  }
  RED.nodes.registerType('partner', construct as never, { credentials: CREDENTIALS } as never)
}

function parametersOf(text: string): Record<string, string> {
  if (!text) return {}
  const parsed: unknown = JSON.parse(text)
  if (parsed === null || typeof parsed !== 'object' || Array.isArray(parsed))
    throw new Error('parameters must be a JSON object')
  return Object.fromEntries(Object.entries(parsed).map(([name, value]) => [name, String(value)]))
}
