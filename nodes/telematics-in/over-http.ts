import type { IncomingMessage } from 'node:http'
import type { NodeAPI } from 'node-red'
import { UNUSABLE_HEADER } from '../../engine/delivery/unusable.ts'
import type { Profile } from '../../engine/partner/profile.ts'
import { takeWebhook } from '../../engine/partner/webhook-intake.ts'
import type { NewMessage } from '../../engine/store/ports.ts'
import type { PartnerHandle } from '../support/partners.ts'
import type { CartageRuntime } from '../support/runtime.ts'
import type { Told } from './told.ts'

interface Deps {
  RED: NodeAPI
  cartage: CartageRuntime
  handle: PartnerHandle
  channel: string
  take: (told: Told) => Promise<void>
}

/**
 * The same payloads over HTTP, from apps and servers that do not speak MQTT: trusted as the template says, and answered only
 * when they are on disk. The result ends it.
 */
export function overHttp({ RED, cartage, handle, channel, take }: Deps): () => void {
  const { slug, profile } = handle
  const { http } = profile.mqtt ?? {}
  if (!http) return () => {}
  const path = http.path ?? `/webhooks/${slug}`
  if (cartage.webhooks.has(path)) throw new Error(RED._('telematics-in.errors.pathTaken', { path }))
  const asWebhook: Profile = { ...profile, webhook: { ...http, mapping: profile.mqtt?.mapping ?? '' } }
  cartage.webhooks.set(path, (request, response) =>
    takeWebhook(request, response, {
      ...{ profile: asWebhook, channel, credentials: handle.trusts, publicUrl: cartage.publicUrl },
      ...{ certificateOf: cartage.certificateOf, evaluate: cartage.evaluate, clock: cartage.hub.clock },
      ...{ gate: cartage.gate, limitBytes: cartage.bodyLimit },
      draining: () => cartage.control.mode(slug) === 'draining',
      refused: (reason) => cartage.metrics.refused('http', reason),
      publish: (messages) => takeAll(messages, request),
    }),
  )
  return () => void cartage.webhooks.delete(path)

  async function takeAll(messages: NewMessage[], request: IncomingMessage): Promise<'stored'[]> {
    for (const message of messages) {
      if (message.headers?.[UNUSABLE_HEADER] !== undefined) await cartage.hub.publish([message])
      else await take({ ...toldOf(message), ...userOf(request) })
    }
    return messages.map(() => 'stored')
  }
}

function toldOf({ payload, raw }: NewMessage): Told {
  return { topic: '', payload: Buffer.from(raw ?? JSON.stringify(payload)), clientId: '', intake: 'http' }
}

/** Who has logged in with Basic: by then the password was right. */
function userOf({ headers }: IncomingMessage): { username?: string } {
  const login = /^Basic (.+)$/.exec(headers.authorization ?? '')?.[1]
  const [username] = login === undefined ? [] : Buffer.from(login, 'base64').toString().split(':')
  return username ? { username } : {}
}
