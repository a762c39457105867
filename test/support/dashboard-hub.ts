import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { KpiRecords } from '../../engine/kpi/records.ts'
import { ShipmentLifecycle } from '../../engine/lifecycle/index.ts'
import { packageRoot } from '../../engine/package-root.ts'
import { openStore } from '../../engine/store/open.ts'
import { event, order } from './canonical.ts'
import { SettableClock } from './clock.ts'
import { HubProcess } from './hub-process.ts'
import { booking } from './lifecycle.ts'
import { temporaryFolder } from './temp.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
export const PASSWORD = 'editor-password'
/** bcrypt of the password, at the least cost. */
const HASH = '$2b$04$.oCVDCAbhEs.sM.q/CFI6OBHqIJx1z6.hdFYqOeMOhV1tIJj88Fui'
export const KEY = 'dashboard-viewer-0123456789'
const COURIERS = ['swift', 'parcel-force-nine', 'green-wheels']

/**
 * A hub as in service with nothing but the figures deployed, about deliveries of the four weeks before today. FlowFuse's dashboard binds itself
 * to the first hub of a process, so this one has a process of its own.
 */
export async function dashboardHub(): Promise<HubProcess> {
  const folder = temporaryFolder()
  await fill(folder.path)
  const shipped = join(packageRoot(), 'flows')
  const flows = join(folder.path, 'flows')
  mkdirSync(flows)
  cpSync(join(shipped, 'kpis.json'), join(flows, 'kpis.json'))
  const globals = (JSON.parse(readFileSync(join(shipped, '_global.json'), 'utf8')) as { type: string }[]).filter(
    ({ type }) => type.startsWith('ui-'),
  )
  writeFileSync(join(flows, '_global.json'), JSON.stringify(globals))
  writeFileSync(join(flows, '_order.json'), '["tab-kpis"]')
  const users = ['viewer', 'admin'].map((role) => ({ username: role, passwordHash: HASH, role }))
  const hub = await HubProcess.prepare({
    ...{ CARTAGE_DATA: folder.path, CARTAGE_FLOWS: flows, CARTAGE_USERS: JSON.stringify(users) },
    CARTAGE_API_KEYS: `dashboard:${KEY}:viewer`,
  })
  await hub.start()
  const close = hub.close.bind(hub)
  hub.close = async () => {
    await close()
    folder.remove()
  }
  return hub
}

/** Nothing today: that is how a morning begins. */
async function fill(dir: string): Promise<void> {
  const midnight = Math.floor(Date.now() / DAY) * DAY
  const clock = new SettableClock(midnight)
  const store = await openStore(`sqlite:${join(dir, 'cartage.db')}`, { clock })
  const { documents } = store
  const lifecycle = new ShipmentLifecycle({ documents, clock })
  const kpi = new KpiRecords({ documents, clock })
  for (let number = 0; number < 60; number += 1) {
    const released = midnight - (1 + (number % 20)) * DAY + 8 * 60 * MINUTE
    const at = (minutes: number) => new Date(released + minutes * MINUTE).toISOString()
    clock.set(released)
    const orderId = `SO-D${number}`
    const promise = { earliest: at(120), latest: at(300) }
    const { shipment } = await lifecycle.create(order(orderId, { promise }), { correlationId: orderId })
    const partner = COURIERS[number % COURIERS.length]!
    await lifecycle.recordBooking(shipment.shipmentId, { ...booking, partner, bookingId: orderId, bookedAt: at(6) })
    const happens = (type: Parameters<typeof event>[0], minutes: number) =>
      lifecycle.apply(
        event(type, 0, { eventId: `${orderId}-${minutes}`, shipmentId: shipment.shipmentId, occurredAt: at(minutes) }),
      )
    await happens('pickup.completed', 40 + (number % 7) * 9)
    if (number % 9 === 0) await happens('delivery.attempt_failed', 150)
    await happens('delivery.arrived', 200 + (number % 11) * 11)
    await happens('delivery.completed', 204 + (number % 11) * 12)
    await happens('pod.available', 230 + (number % 11) * 12)
    await kpi.note(shipment.shipmentId, { invoicedAt: released + (400 + number) * MINUTE })
  }
  await store.close()
}
