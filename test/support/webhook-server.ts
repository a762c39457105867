import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import { IntakeGate } from '../../engine/delivery/intake-gate.ts'
import type { Webhook } from '../../engine/partner/profile-types.ts'
import { takeWebhook, type WebhookDeps } from '../../engine/partner/webhook-intake.ts'
import type { NewMessage } from '../../engine/store/ports.ts'
import { evaluate, profileOf } from './partner-client.ts'

/** The hub's entrance for one partner's webhooks on a real server, without a hub behind it. */
export interface WebhookServer {
  port: number
  /** What it has stored. */
  stored: NewMessage[]
  /** Why it turned somebody away, in its own words. */
  refusals: string[]
  close(): Promise<void>
}

export async function webhookServer(
  webhook: Partial<Webhook>,
  { tls, ...given }: Partial<WebhookDeps> & { tls?: ServerOptions } = {},
): Promise<WebhookServer> {
  const stored: NewMessage[] = []
  const refusals: string[] = []
  const deps: WebhookDeps = {
    profile: profileOf({}, { webhook: { mapping: '', signature: { type: 'none' }, ...webhook } }),
    channel: 'webhooks.fictional-courier',
    credentials: () => 's3cret',
    publicUrl: 'https://hub.example',
    certificateOf: () => undefined,
    evaluate,
    publish: async (messages) => {
      stored.push(...messages)
      return messages.map(() => 'stored')
    },
    clock: { now: () => Date.now() },
    gate: new IntakeGate(),
    limitBytes: 1_000_000,
    refused: (reason) => refusals.push(reason),
    ...given,
  }
  const take: RequestListener = (req, res) => void takeWebhook(req, res, deps)
  const server = tls ? createTlsServer(tls, take) : createServer(take)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    stored,
    refusals,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
