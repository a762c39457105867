import type { JsonObject } from '../json.ts'
import { idOf } from '../json.ts'
import type { Place } from '../places.ts'

export interface Fix extends Place {
  at: Date
  speedKmh: number
  heading: number
  odometerKm: number
}

const KNOTS_PER_KMH = 1 / 1.852

/** Radius of the fence around a customer's door, metres. */
const FENCE_METRES = 120

const epoch = (at: Date) => Math.floor(at.getTime() / 1000)

/** OwnTracks `location`: acc, alt, cog, vac and vel are left out when they are zero (contract). */
export function ownTracksLocation(vehicle: string, fix: Fix): JsonObject {
  return {
    _type: 'location',
    acc: 15,
    alt: 12,
    batt: 76,
    bs: 1,
    ...(fix.heading === 0 ? {} : { cog: fix.heading }),
    conn: 'm',
    created_at: epoch(fix.at) + 1,
    lat: fix.lat,
    lon: fix.lon,
    m: 1,
    t: 'u',
    tid: vehicle.slice(-2).replace('-', 'V'),
    tst: epoch(fix.at),
    ...(fix.speedKmh === 0 ? {} : { vel: fix.speedKmh }),
    _id: idOf(8, vehicle, fix.at.getTime()),
  }
}

/** OwnTracks `transition`: the waypoint of a customer is named by the delivery document. */
export function ownTracksTransition(
  vehicle: string,
  fix: Fix,
  event: 'enter' | 'leave',
  reference: string,
): JsonObject {
  return {
    _type: 'transition',
    wtst: epoch(fix.at) - 3600,
    lat: fix.lat,
    lon: fix.lon,
    tst: epoch(fix.at),
    acc: 12,
    tid: vehicle.slice(-2).replace('-', 'V'),
    event,
    desc: `Customer ${reference}`,
    t: 'c',
    rid: idOf(6, 'waypoint', reference),
  }
}

/** Traccar's time text: milliseconds and +00:00. */
const traccarTime = (at: Date) => at.toISOString().replace('Z', '+00:00')

const uniqueId = (number: number) => String(860_000_000_001_000 + number)

function position(number: number, fix: Fix, id: number): JsonObject {
  return {
    id,
    attributes: {
      priority: 0,
      sat: 14,
      event: 239,
      ignition: true,
      motion: fix.speedKmh > 0,
      rssi: 4,
      gpsStatus: 1,
      pdop: 1.1,
      hdop: 0.7,
      power: 13.9,
      battery: 4.1,
      odometer: Math.round(fix.odometerKm * 1000),
      distance: 87.42,
      totalDistance: Math.round(fix.odometerKm * 1000) + 77_777.11,
      hours: 912_345_678,
      io200: 0,
      io69: 1,
      obdSpeed: fix.speedKmh,
      rpm: fix.speedKmh > 0 ? 1450 : 800,
      temp1: 4.5,
      fuelLevel: 62,
    },
    deviceId: number,
    protocol: 'teltonika',
    serverTime: traccarTime(new Date(fix.at.getTime() + 1120)),
    deviceTime: traccarTime(fix.at),
    fixTime: traccarTime(fix.at),
    outdated: false,
    valid: true,
    latitude: fix.lat,
    longitude: fix.lon,
    altitude: 11,
    speed: Math.round(fix.speedKmh * KNOTS_PER_KMH * 1e4) / 1e4,
    course: fix.heading,
    address: null,
    accuracy: 0,
    network: null,
    geofenceIds: [],
  }
}

function device(vehicle: string, number: number, fix: Fix, positionId: number): JsonObject {
  return {
    id: number,
    attributes: { hubVehicle: vehicle },
    groupId: 0,
    calendarId: 0,
    name: vehicle.replace('VAN-', 'Van '),
    uniqueId: uniqueId(number),
    status: 'online',
    lastUpdate: traccarTime(fix.at),
    positionId,
    phone: null,
    model: 'FMC',
    contact: null,
    category: 'van',
    disabled: false,
    expirationTime: null,
  }
}

/** Traccar's forwarded position. */
export function traccarPosition(vehicle: string, number: number, fix: Fix, id: number): JsonObject {
  return { position: position(number, fix, id), device: device(vehicle, number, fix, id) }
}

/** Traccar's forwarded event; the geofence of a customer carries the delivery document. */
export function traccarGeofence(
  vehicle: string,
  number: number,
  fix: Fix,
  id: number,
  type: 'geofenceEnter' | 'geofenceExit',
  reference: string,
): JsonObject {
  const fence = Number.parseInt(idOf(6, 'fence', reference), 16)
  return {
    event: {
      id,
      attributes: {},
      deviceId: number,
      type,
      eventTime: traccarTime(fix.at),
      positionId: id,
      geofenceId: fence,
      maintenanceId: 0,
    },
    position: { ...position(number, fix, id), geofenceIds: type === 'geofenceEnter' ? [fence] : [] },
    device: device(vehicle, number, fix, id),
    geofence: {
      id: fence,
      attributes: { deliveryDocument: reference },
      calendarId: 0,
      name: `Customer ${reference}`,
      description: '',
      area: `CIRCLE (${fix.lat} ${fix.lon}, ${FENCE_METRES.toFixed(1)})`,
    },
    maintenance: null,
  }
}
