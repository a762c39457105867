import { ACCOUNTS } from '../accounts.ts'
import type { Call, Reply } from '../http.ts'
import type { Json, JsonObject } from '../json.ts'
import { array, idOf, object, text } from '../json.ts'
import { DEPOT, metres, placeOf } from '../places.ts'
import type { Simulator, World } from '../simulator.ts'
import { json } from '../simulator.ts'
import {
  DRIVERS,
  minutesOf,
  type Place,
  placeFor,
  type Shift,
  type Tour,
  withJob,
  withoutJob,
} from './optimoroute-plan.ts'

const SLUG = 'optimoroute'
/** Of a driver whose hours nobody has set. */
const USUAL_HOURS = { workTimeFrom: '08:00', workTimeTo: '20:00' }
const FEED_PAGE = 500

/** OptimoRoute says a time in three ways, two of them without a zone; this customer's clock is UTC-5. */
function threeTimes(at: Date): JsonObject {
  const bare = (time: Date) => time.toISOString().slice(0, 19)
  return {
    unixTimestamp: Math.floor(at.getTime() / 1000),
    utcTime: bare(at),
    localTime: bare(new Date(at.getTime() - 5 * 3_600_000)),
  }
}

export function optimoroute(world: World): Simulator {
  const { documents, ledger, playbook } = world

  // OptimoRoute answers its own errors inside HTTP 200.
  const fail = (code: string, message: string, more: Partial<Reply> = {}): Reply =>
    json(200, { success: false, code, message }, more)

  function createOrder(call: Call): Reply {
    return upsert(object(call.body))
  }

  function upsert(input: JsonObject): Reply {
    const orderNo = text(input['orderNo'])
    const operation = text(input['operation'])
    if (!['CREATE', 'UPDATE', 'MERGE', 'SYNC'].includes(operation))
      return fail('ERR_INVALID_OPERATION', 'Unknown operation', { businessKey: orderNo })
    if (orderNo === '' || !/^\d{4}-\d{2}-\d{2}$/.test(text(input['date'])))
      return fail('ERR_MISSING_FIELD', 'orderNo and date are required', { businessKey: orderNo })
    const location = object(input['location'])
    if (text(location['address']) === '' && location['latitude'] === undefined)
      return fail('ERR_LOC_ADDRESS', 'Location address is required', { businessKey: orderNo })
    const before = documents.find(SLUG, 'order', orderNo)[0]
    if (operation === 'CREATE' && before !== undefined)
      return fail('ERR_ORD_EXISTS', 'Order with the given order number already exists', { businessKey: orderNo })
    if (operation === 'UPDATE' && before === undefined)
      return fail('ERR_ORD_NOT_FOUND', 'Order not found', { businessKey: orderNo })
    const id = text(before?.['id']) || idOf(32, SLUG, orderNo)
    if (before !== undefined) unplan(before)
    const leftOut = documents.get(SLUG, 'left-out', orderNo) !== undefined
    const { operation: _, ...fields } = input
    documents.put(SLUG, 'order', id, orderNo, {
      ...(operation === 'SYNC' ? {} : before),
      ...fields,
      id,
      planned: false,
      ...(leftOut && { leftOut }),
    })
    // An upsert is the same stop however often it is said; only a new stop is an effect.
    if (before === undefined) {
      ledger.effect({ partner: SLUG, kind: 'stop', businessKey: orderNo, data: { id } })
      playbook.begin({ partner: SLUG, id, reference: orderNo, outcome: 'planned', script: ['plan'] }, 4)
    }
    return json(200, { success: true, id }, { businessKey: orderNo, effect: before === undefined })
  }

  function bulk(call: Call): Reply {
    const orders = array(object(call.body)['orders']).map((entry) => {
      const order = object(entry)
      return { orderNo: order['orderNo'] ?? null, ...object(upsert({ operation: 'SYNC', ...order }).body) }
    })
    return json(200, { success: true, orders }, { effect: true })
  }

  function getOrders(call: Call): Reply {
    const orders = array(object(call.body)['orders']).map((entry): Json => {
      const wanted = object(entry)
      const found =
        documents.find(SLUG, 'order', text(wanted['orderNo']))[0] ?? documents.get(SLUG, 'order', text(wanted['id']))
      return found === undefined
        ? { success: false, orderNo: wanted['orderNo'] ?? null, code: 'ERR_ORD_NOT_FOUND' }
        : { success: true, orderNo: found['orderNo'] ?? '', id: found['id'] ?? '', data: found }
    })
    return json(200, { success: true, orders })
  }

  function deleteOrder(call: Call): Reply {
    const orderNo = text(object(call.body)['orderNo'])
    const found = documents.find(SLUG, 'order', orderNo)[0]
    if (found === undefined) return fail('ERR_ORD_NOT_FOUND', 'Order not found', { businessKey: orderNo })
    playbook.stop(SLUG, text(found['id']), 'deleted')
    unplan(found)
    documents.put(SLUG, 'order', text(found['id']), `${orderNo} deleted`, { ...found, planned: false, deleted: true })
    ledger.effect({ partner: SLUG, kind: 'stop-removed', businessKey: orderNo })
    return json(200, { success: true }, { businessKey: orderNo, effect: true })
  }

  function startPlanning(call: Call): Reply {
    const date = text(object(call.body)['date'])
    if (!/^\d{4}-\d{2}-\d{2}$/.test(date)) return fail('ERR_INVALID_DATE', 'date is required')
    const planningId = documents.next('optimoroute-planning', 1)
    documents.put(SLUG, 'planning', String(planningId), date, { at: Date.now(), date })
    for (const order of onDay(date)) plan(order)
    ledger.effect({ partner: SLUG, kind: 'planning', businessKey: date, data: { planningId } })
    return json(200, { success: true, planningId, ordersWithInvalidLocation: [] }, { businessKey: date, effect: true })
  }

  function planningStatus(call: Call): Reply {
    const planning = documents.get(SLUG, 'planning', call.query.get('planningId') ?? '')
    if (planning === undefined) return fail('ERR_PLANNING_NOT_FOUND', 'Planning not found')
    const share = Math.min(1, (Date.now() - Number(planning['at'])) / 500)
    return json(200, { success: true, status: share < 1 ? 'R' : 'F', percentageComplete: Math.round(share * 100) })
  }

  /** A driver's day: when the shift begins and ends. */
  function setDriverHours(call: Call): Reply {
    const input = object(call.body)
    const [driver, date] = [text(input['externalId']), text(input['date'])]
    if (!/^DRV-\d+$/.test(driver)) return fail('ERR_DRIVER_NOT_FOUND', 'Driver not found')
    if (!/^\d{4}-\d{2}-\d{2}$/.test(date)) return fail('ERR_INVALID_DATE', 'date is required')
    if (minutesOf(input['workTimeFrom']) === undefined || minutesOf(input['workTimeTo']) === undefined)
      return fail('ERR_INVALID_TIME', 'workTimeFrom and workTimeTo are required')
    const { externalId: _driver, date: _date, ...hours } = input
    documents.put(SLUG, 'hours', `${date} ${driver}`, date, hours)
    ledger.effect({ partner: SLUG, kind: 'driver-hours', businessKey: `${date} ${driver}`, data: hours })
    return json(200, { success: true }, { businessKey: driver, effect: true })
  }

  function shiftsOf(date: string): Shift[] {
    return Array.from({ length: DRIVERS }, (_, index) => {
      const hours = documents.get(SLUG, 'hours', `${date} DRV-${index + 1}`) ?? USUAL_HOURS
      const [from = 0, until = 0] = [minutesOf(hours['workTimeFrom']), minutesOf(hours['workTimeTo'])]
      return { serial: index + 1, from, until }
    })
  }

  const onDay = (date: string) =>
    documents.list(SLUG, 'order').filter((order) => order['date'] === date && order['deleted'] !== true)

  const toursOf = (date: string) => (documents.get(SLUG, 'tours', date) ?? {}) as unknown as Record<string, Tour>
  const saveTours = (date: string, tours: Record<string, Tour>) =>
    documents.put(SLUG, 'tours', date, '', tours as unknown as JsonObject)

  /** Gives a job its place; one that fits nowhere, or that the dispatcher left out, stays without. */
  function plan(order: JsonObject): void {
    if (order['leftOut'] === true || order['deleted'] === true || order['planned'] === true) return
    const date = text(order['date'])
    const place = placeFor(order, toursOf(date), shiftsOf(date))
    if (place === undefined) return
    saveTours(date, withJob(toursOf(date), place, order))
    const next = { ...order, planned: true, plan: { ...place } }
    documents.put(SLUG, 'order', text(order['id']), text(order['orderNo']), next)
  }

  /** Its place is free again. */
  function unplan(order: JsonObject): void {
    if (order['planned'] !== true) return
    const date = text(order['date'])
    saveTours(date, withoutJob(toursOf(date), object(order['plan']) as unknown as Place, order))
  }

  function getRoutes(call: Call): Reply {
    const date = call.query.get('date') ?? ''
    if (date === '') return fail('ERR_INVALID_DATE', 'date is required')
    const planned = onDay(date).filter((order) => order['planned'] === true)
    const routes = Array.from({ length: DRIVERS }, (_, index) => index + 1)
      .map((serial) => ({ serial, orders: planned.filter((order) => object(order['plan'])['serial'] === serial) }))
      .filter(({ orders }) => orders.length > 0)
      .map(({ serial, orders }) => route(serial, date, orders))
    return json(200, { success: true, routes })
  }

  function route(serial: number, date: string, orders: JsonObject[]): JsonObject {
    const clock = (minutes: number) =>
      `${String(Math.floor(minutes / 60) % 24).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`
    const stop = (number: number, minutes: number, more: JsonObject): JsonObject => ({
      stopNumber: number,
      scheduledAt: clock(minutes),
      scheduledAtDt: `${date} ${clock(minutes)}:00`,
      arrivalTimeDt: `${date} ${clock(minutes)}:00`,
      ...more,
    })
    const depot = stop(1, shiftsOf(date)[serial - 1]?.from ?? 0, {
      type: 'depot',
      orderNo: '-',
      id: null,
      locationName: 'Sample Depot',
      address: '1 Example Way',
      latitude: DEPOT.lat,
      longitude: DEPOT.lon,
      travelTime: 0,
      distance: 0,
    })
    const minuteOf = (order: JsonObject) => Number(object(order['plan'])['minute'])
    const stops = orders
      .toSorted((a, b) => minuteOf(a) - minuteOf(b))
      .map((order, index) => {
        const place = placeOf(text(order['orderNo']))
        const location = object(order['location'])
        return stop(index + 2, minuteOf(order), {
          type: 'delivery',
          orderNo: order['orderNo'] ?? '',
          id: order['id'] ?? null,
          locationNo: location['locationNo'] ?? '',
          locationName: location['locationName'] ?? '',
          address: location['address'] ?? '',
          latitude: location['latitude'] ?? place.lat,
          longitude: location['longitude'] ?? place.lon,
          travelTime: 742,
          distance: Math.round(metres(DEPOT, place)),
        })
      })
    return {
      driverExternalId: `DRV-${serial}`,
      driverSerial: String(serial),
      driverName: 'Avery Fictional',
      vehicleRegistration: `SIM-${serial}`,
      vehicleLabel: `VAN-${serial}`,
      duration: 30 + 15 * orders.length,
      distance: 12.5 * orders.length,
      load1: orders.reduce((sum, order) => sum + Number(order['load1'] ?? 1), 0),
      load2: orders.reduce((sum, order) => sum + Number(order['load2'] ?? 12.7), 0),
      routePolyline: '_p~iF~ps|U_ulLnnqC',
      stops: [depot, ...stops],
    }
  }

  /** The feed: what came after the tag, at most 500, and how much is left. */
  function getEvents(call: Call): Reply {
    const after = Number(/-(\d+)$/.exec(call.query.get('after_tag') ?? '')?.[1] ?? 0)
    const all = documents.list(SLUG, 'event').filter((event) => Number(event['n']) > after)
    const events = all.slice(0, FEED_PAGE)
    const last = Number(events.at(-1)?.['n'] ?? after)
    return json(200, {
      success: true,
      events: events.map(({ n: _, ...event }) => event),
      tag: `sim-tag-${last}`,
      remainingEvents: all.length - events.length,
    })
  }

  function completion(call: Call): Reply {
    const orders = array(object(call.body)['orders']).map((entry): Json => {
      const orderNo = text(object(entry)['orderNo'])
      const events = documents.find(SLUG, 'event', orderNo)
      const order = documents.find(SLUG, 'order', orderNo)[0]
      if (order === undefined) return { success: false, orderNo, code: 'ERR_ORD_NOT_FOUND' }
      const time = (name: string) => {
        const found = events.find((event) => event['event'] === name)
        return found === undefined
          ? null
          : {
              unixTimestamp: found['unixTimestamp'] ?? 0,
              utcTime: found['utcTime'] ?? '',
              localTime: found['localTime'] ?? '',
            }
      }
      const status = events.some((event) => event['event'] === 'success')
        ? 'success'
        : order['planned'] === true
          ? 'scheduled'
          : 'unscheduled'
      return {
        success: true,
        orderNo,
        id: order['id'] ?? '',
        data: {
          status,
          startTime: time('start_service'),
          endTime: time('success'),
          form: {},
          tracking_url: `https://example.com/t/${orderNo}`,
        },
      }
    })
    return json(200, { success: true, orders })
  }

  /** A stop is planned by itself; what its driver does (start_service, success, failed, rejected) is told by control. */
  function play(step: string, id: string, at: Date): void {
    // Said of a number that is not there yet: what the dispatcher will do with it.
    if (step === 'leave-out') documents.put(SLUG, 'left-out', id, '', {})
    const order = documents.get(SLUG, 'order', id)
    if (order === undefined) return
    if (step === 'plan') {
      plan(order)
      return
    }
    if (step === 'leave-out') return
    const n = documents.next('optimoroute-event', 1)
    const orderNo = text(order['orderNo'])
    documents.put(SLUG, 'event', String(n).padStart(9, '0'), orderNo, {
      n,
      event: step,
      ...threeTimes(at),
      driverName: 'Avery Fictional',
      driverSerial: String(object(order['plan'])['serial'] ?? 1),
      orderNo,
      orderId: id,
    })
  }

  const v1 = (name: string) => new RegExp(`^/v1/${name}$`)
  return {
    slug: SLUG,
    routes: [
      { method: 'POST', path: v1('create_order'), operation: 'createOrder', handle: createOrder },
      { method: 'POST', path: v1('create_or_update_orders'), operation: 'createOrUpdateOrders', handle: bulk },
      { method: 'POST', path: v1('get_orders'), operation: 'getOrders', handle: getOrders },
      { method: 'POST', path: v1('delete_order'), operation: 'deleteOrder', handle: deleteOrder },
      {
        method: 'POST',
        path: v1('update_driver_parameters'),
        operation: 'updateDriverParameters',
        handle: setDriverHours,
      },
      { method: 'POST', path: v1('start_planning'), operation: 'startPlanning', handle: startPlanning },
      { method: 'GET', path: v1('get_planning_status'), operation: 'getPlanningStatus', handle: planningStatus },
      { method: 'GET', path: v1('get_routes'), operation: 'getRoutes', handle: getRoutes },
      { method: 'GET', path: v1('get_events'), operation: 'getEvents', handle: getEvents },
      { method: 'POST', path: v1('get_completion_details'), operation: 'getCompletionDetails', handle: completion },
    ],
    authorise: (call) =>
      call.query.get('key') === ACCOUNTS.optimoroute.apiKey
        ? undefined
        : json(401, { success: false, code: 'AUTH_KEY_UNKNOWN', message: 'Unknown API key' }),
    error: (status) =>
      json(status, {
        success: false,
        code: status === 404 ? 'ERR_NOT_FOUND' : 'ERR_INTERNAL',
        message: 'Something went wrong',
      }),
    concurrent: 5,
    play,
  }
}
