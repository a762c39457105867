import { after, before } from 'mocha'
import type { Shipment } from '../../engine/canonical/index.ts'
import { Effects } from '../../engine/delivery/effects.ts'
import { shipmentIdOf } from '../../engine/lifecycle/shipment.ts'
import type { Answer } from '../../engine/partner/answer.ts'
import type { PartnerClient } from '../../engine/partner/client.ts'
import { resolveSettings } from '../../engine/partner/settings.ts'
import { openStore } from '../../engine/store/open.ts'
import type { Store } from '../../engine/store/ports.ts'
import { clientOf } from './partner-client.ts'
import { type Hub, listeningHub, simulatedPartners } from './simulated-partners.ts'
import { temporaryFolder } from './temp.ts'
import { sample, templateOf } from './templates.ts'

/** Simulated partners, the hub that hears them, and a client of each by its template. */
export interface TemplatePartners {
  hub: Hub
  partners: Awaited<ReturnType<typeof simulatedPartners>>
  client: (slug: string) => PartnerClient
  close: () => Promise<void>
}

export async function templatePartners(speed = 0): Promise<TemplatePartners> {
  const hub = await listeningHub()
  const partners = await simulatedPartners(hub, { speed })
  const clients = new Map<string, PartnerClient>()
  return {
    hub,
    partners,
    client: (slug) => {
      const known = clients.get(slug)
      if (known) return known
      const profile = templateOf(slug)
      const { baseUrl = '', ...settings } = resolveSettings(profile, {}, partners.env)
      const made = clientOf({ profile, baseUrl, settings })
      clients.set(slug, made)
      return made
    },
    close: async () => {
      await Promise.all([...clients.values()].map((one) => one.close()))
      await partners.close()
    },
  }
}

/** Effects in a store of their own, for the suite that calls this. */
export function effectsBench() {
  const clock = { now: () => Date.now() }
  const folder = temporaryFolder()
  let store: Store
  let effects: Effects
  before(async () => {
    store = await openStore(`sqlite:${folder.path}/cartage.db`, { clock })
    effects = new Effects({ documents: store.documents, clock, alone: true })
  })
  after(async () => {
    await store.close()
    folder.remove()
  })
  /** As a node does it: once per id, looked up when in doubt. */
  return (through: PartnerClient, slug: string, operation: string, input: unknown, id: string) =>
    effects.perform({
      id,
      partner: slug,
      operation,
      subject: id,
      send: (key) => through.call(operation, input, { key }),
      ...(through.canLookUp(operation) && { lookUp: (key: string) => through.lookUp(operation, input, { key }) }),
      repeatable: templateOf(slug).operations[operation]?.key !== undefined,
    })
}

/** Partners by their templates and what a hub does to them, for the suite that calls this. */
export function templateBench() {
  const effect = effectsBench()
  let by: TemplatePartners
  let next = 0
  before(async () => {
    by = await templatePartners()
  })
  after(() => by.close())
  const perform = (slug: string, operation: string, input: unknown, id: string) =>
    effect(by.client(slug), slug, operation, input, id)
  return {
    get hub() {
      return by.hub
    },
    get partners() {
      return by.partners
    },
    client: (slug: string) => by.client(slug),
    perform,
    /** A write at the ERP, once per delivery document. */
    erp: (operation: string, shipment: Shipment) =>
      perform('sap-s4hana', operation, { shipment }, `${operation}-${shipment.deliveryDocument}`),
    /** A shipment that nobody has seen yet, after the sample's. */
    newShipment(): Shipment {
      next += 1
      const number = String(2000 + next)
      const { shipment } = sample(templateOf('sap-s4hana'), 'confirmBooking.input.json')
      const orderId = `SO-1${number}`
      const booking = { ...shipment.booking, trackingNumber: `FICT${number}` }
      return { ...shipment, orderId, deliveryDocument: `8000${number}`, shipmentId: shipmentIdOf(orderId), booking }
    },
  }
}

export const bodyOf = (answer: Answer): Record<string, unknown> =>
  ('body' in answer ? answer.body : undefined) as Record<string, unknown>

/** What the courier told, as operations of the ERP and of the service desk take it. */
export const courierEvent = (type = 'delivery.completed') => ({
  type,
  occurredAt: '2026-03-02T14:57:02Z',
  provider: 'fictional',
})
