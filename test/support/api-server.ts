import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import express from 'express'
import type { ApiLogEntry, ApiOptions, Command } from '../../engine/api/call.ts'
import { type Api, createApi, mountApi } from '../../engine/api/mount.ts'
import type { Onboarding } from '../../engine/api/onboarding.ts'
import type { Order, Shipment } from '../../engine/canonical/index.ts'
import { readSchema } from '../../engine/canonical/index.ts'
import { CartageError } from '../../engine/errors.ts'
import { DeadLetterDesk } from '../../engine/delivery/dead-letters/desk.ts'
import { deriveId } from '../../engine/delivery/ids.ts'
import { folderOf } from '../../engine/mapping/catalogue.ts'
import { ReplayJobs } from '../../engine/delivery/replay/replay-jobs.ts'
import type { JsonObject } from '../../engine/json.ts'
import { ShipmentLifecycle } from '../../engine/lifecycle/index.ts'
import { newShipment } from '../../engine/lifecycle/shipment.ts'
import { Inbox } from '../../engine/mapping/inbox/inbox.ts'
import { UnmappedCodes } from '../../engine/mapping/inbox/unmapped-codes.ts'
import { PartnerControl } from '../../engine/partner/control.ts'
import { TemplateDesk } from '../../engine/partner/desk/desk.ts'
import { Trials } from '../../engine/partner/trial/trials.ts'
import { openStore } from '../../engine/store/open.ts'
import type { Clock, Store } from '../../engine/store/ports.ts'
import { temporaryFolder } from './temp.ts'
import { templateOf } from './templates.ts'

export const KEYS = (['viewer', 'erp', 'operator', 'finance', 'admin'] as const).map((role) => ({
  name: `${role}-1`,
  secret: `${role}-secret-0123456789`,
  role,
}))

export function bearer(role: 'viewer' | 'erp' | 'operator' | 'finance' | 'admin'): Record<string, string> {
  return { authorization: `Bearer ${role}-secret-0123456789` }
}

const none = () => {
  throw new CartageError('invalid', 'template.unknown', 'there is no such partner', { field: 'partner' })
}
/** Partners are made where Node-RED runs: here there are no templates. */
const NO_TEMPLATES: Onboarding = {
  standings: async () => new Map(),
  gallery: () => [],
  ...{ template: none, create: none, deploy: none, remove: none, status: none, setStatus: none },
  ...{ upgrade: none, applyUpgrade: none, undoUpgrade: none },
}

export interface ApiServer {
  url: string
  server: Server
  api: Api
  store: Store
  log: ApiLogEntry[]
  /** Epoch milliseconds; set it to travel in time. */
  clock: { at: number }
  call(method: string, path: string, options?: { body?: BodyInit; headers?: Record<string, string> }): Promise<Response>
  close(): Promise<void>
}

/** The API on a real server (Express, as Node-RED mounts it) over a real store; the embedded one, unless another is opened. */
export async function apiServer(
  options: Partial<ApiOptions> = {},
  open?: (clock: Clock) => Promise<Store>,
): Promise<ApiServer> {
  const folder = temporaryFolder()
  const time = { at: Date.parse('2026-03-02T10:00:00Z') }
  const clock = { now: () => time.at }
  const store = await (open?.(clock) ?? openStore(`sqlite:${join(folder.path, 'api.db')}`, { clock }))
  const log: ApiLogEntry[] = []
  const { documents, messages, audit, motor } = store
  const complain = (error: unknown) => assert.fail(String(error))
  const control = new PartnerControl({ documents, messages, audit, motor, clock, complain })
  await control.start()
  // In a folder of its own: what is saved is written there.
  const profile = { ...templateOf('onfleet'), folder: folder.path }
  const profiles = new Map([['onfleet', profile]])
  const desk = new TemplateDesk({
    ...{ documents, audit, motor, clock, profiles, compile: () => {}, warn: complain },
  })
  const trials = new Trials({
    ...{ documents, clock, profiles, complain },
    samples: () => folderOf(templateOf('onfleet')),
    version: () => 'v1',
    account: () => undefined,
  })
  const api = createApi({
    store,
    partners: { known: () => [{ partner: 'sample-courier', label: 'Sample courier', destination: 'sample' }], control },
    onboarding: NO_TEMPLATES,
    lifecycle: new ShipmentLifecycle({ documents, clock }),
    clock,
    keys: KEYS,
    publicUrl: 'https://hub.example/',
    deadLetters: new DeadLetterDesk({ store, clock, reopen: async () => 0 }),
    replays: new ReplayJobs({ store, clock, fourEyes: true }),
    trials,
    inbox: new Inbox({ codes: new UnmappedCodes(documents), desk, audit, motor, clock }),
    rehearse: async () => [],
    evidence: (_proof, hash) => store.blobs.get(hash),
    log: (entry) => log.push(entry),
    rates: { perKey: { tokens: 10_000, perMs: 1000 }, failedPerAddress: { tokens: 10_000, perMs: 1000 } },
    ...options,
  })
  const app = express()
  mountApi(app, api)
  const server = createServer(app)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    server,
    api,
    store,
    log,
    clock: time,
    call: (method, path, { body, headers } = {}) =>
      fetch(url + path, { method, ...(body === undefined ? {} : { body }), ...(headers ? { headers } : {}) }),
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await Promise.all([control.stop(), trials.stop()])
      await store.close()
      folder.remove()
    },
  }
}

/** The example of the order's schema, with another number. */
export function sampleOrder(orderId = 'SO-10042'): JsonObject {
  return { ...(readSchema('order').examples?.[0] as JsonObject), orderId }
}

/** The example of the shipment's schema: out for delivery, booked. */
export function sampleShipment(change: Partial<Shipment> = {}): Shipment {
  return { ...(readSchema('shipment').examples?.[0] as unknown as Shipment), ...change }
}

export async function keepShipment(store: Store, shipment: Shipment): Promise<void> {
  const references = [
    { type: 'token', value: shipment.trackingToken },
    { type: 'order', value: shipment.orderId },
    ...shipment.references,
  ]
  await store.documents.put('shipment', shipment.shipmentId, shipment, { expect: 0, references })
}

/** A flow in miniature: stores the order as a message and books it, if told to. */
export function ordersFlow(store: Store, booked: boolean): Command {
  return {
    waitMs: 10,
    accept: async ({ identity, key, payload, raw, headers, correlationId }) => {
      const message = {
        id: deriveId(...identity),
        channel: 'orders.released',
        key,
        payload,
        raw,
        headers,
        correlationId,
      }
      const [outcome] = await store.messages.append([message])
      return outcome ?? 'conflict'
    },
    kept: async ({ identity }) => (await store.messages.get(deriveId(...identity)))?.payload,
    awaitShipment: async () => {
      if (!booked) return undefined
      const message = (await store.messages.get(deriveId('order', 'SO-10042')))!
      const shipment = newShipment(message.payload as unknown as Order, {
        now: message.acceptedAt,
        correlationId: message.correlationId,
        trackingToken: 'token-token-token-1',
      })
      const booking = {
        partner: 'sample-courier',
        bookingId: 'b1',
        trackingNumber: 'T1',
        bookedAt: '2026-03-02T10:00:00Z',
      }
      return { ...shipment, booking }
    },
  }
}
