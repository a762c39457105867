import type { Json, JsonObject } from '../json.ts'
import { array, idOf, object, text } from '../json.ts'
import { DEPOT, placeOf } from '../places.ts'

/** Onfleet's ids are 24 characters. */
export const onfleetId = (kind: string, ...parts: (string | number)[]) => `${kind}${idOf(21, kind, ...parts)}`

export const WORKER_ID = onfleetId('wrk', 1)

const ORGANISATION = onfleetId('org', 1)

/** The value of a task's metadata entry, '' when it has none. */
export function metadataOf(task: JsonObject, name: string): string {
  const entry = array(task['metadata']).find((candidate) => object(candidate)['name'] === name)
  return text(object(entry)['value'])
}

/** A new task as Onfleet answers it (shape of the contract's response.task.json). */
export function newTask(input: JsonObject, id: string, at: number): JsonObject {
  const destination = object(input['destination'])
  const given = array(destination['location'])
  const place = placeOf(metadataOf(input, 'deliveryDocument') || id)
  const location = given.length === 2 ? given : [place.lon, place.lat]
  return {
    appearance: { triangleColor: null },
    completeAfter: input['completeAfter'] ?? null,
    completeBefore: input['completeBefore'] ?? null,
    completionDetails: {
      actions: [],
      events: [],
      failureNotes: '',
      failureReason: 'NONE',
      firstLocation: [],
      lastLocation: [],
      time: null,
      unavailableAttachments: [],
      success: false,
      notes: '',
    },
    container: { type: 'ORGANIZATION', organization: ORGANISATION },
    creator: onfleetId('adm', 1),
    delayTime: null,
    dependencies: input['dependencies'] ?? [],
    destination: {
      id: onfleetId('dst', id),
      timeCreated: at,
      timeLastModified: at,
      location,
      address: {
        apartment: '',
        city: '',
        country: '',
        name: '',
        number: '',
        postalCode: '',
        state: '',
        street: '',
        ...object(destination['address']),
      },
      notes: text(destination['notes']),
      metadata: [],
    },
    estimatedArrivalTime: null,
    estimatedCompletionTime: null,
    eta: null,
    executor: ORGANISATION,
    feedback: [],
    id,
    identity: { checksum: null, failedScanCount: 0 },
    merchant: ORGANISATION,
    metadata: input['metadata'] ?? [],
    notes: text(input['notes']),
    orderShortId: input['orderShortId'] ?? null,
    organization: ORGANISATION,
    overrides: {},
    pickupTask: input['pickupTask'] === true,
    quantity: input['quantity'] ?? 0,
    recipients: array(input['recipients']).map((recipient, index) => ({
      id: onfleetId('rcp', id, index),
      metadata: [],
      notes: '',
      skipSMSNotifications: false,
      ...object(recipient),
    })),
    serviceTime: input['serviceTime'] ?? 0,
    shortId: idOf(8, 'short', id),
    sourceTaskId: '',
    state: 0,
    timeCreated: at,
    timeLastModified: at,
    trackingURL: `https://example.com/track/${idOf(8, 'short', id)}`,
    trackingViewed: false,
    worker: null,
  }
}

/** The worker as the webhook carries it. */
export function worker(at: number, location: Json): JsonObject {
  return {
    id: WORKER_ID,
    name: 'Avery Fictional',
    displayName: 'Avery',
    phone: '+15550100111',
    onDuty: true,
    location: location ?? [DEPOT.lon, DEPOT.lat],
    activeTask: null,
    accountStatus: 'ACCEPTED',
    vehicle: { id: onfleetId('veh', 1), type: 'CAR', licensePlate: 'SIM-1', color: 'white', description: '' },
    teams: [onfleetId('tem', 1)],
    delayTime: null,
    timeLastSeen: at,
  }
}

/** Appends to the task's completion events (start, arrival). */
export function happened(task: JsonObject, name: string, at: number): JsonObject {
  const details = object(task['completionDetails'])
  return {
    ...task,
    timeLastModified: at,
    completionDetails: { ...details, events: [...array(details['events']), { name, time: at }] },
  }
}

export interface Completion {
  success: boolean
  reason?: string
  notes?: string
  failureNotes?: string
  at: number
}

/** The task completed: success or failure is in completionDetails, the state is 3 either way. */
export function completed(task: JsonObject, completion: Completion): JsonObject {
  const location = object(task['destination'])['location'] ?? []
  const id = text(task['id'])
  return {
    ...task,
    state: 3,
    timeLastModified: completion.at,
    completionDetails: {
      ...object(task['completionDetails']),
      success: completion.success,
      failureReason: completion.reason ?? 'NONE',
      failureNotes: completion.failureNotes ?? '',
      notes: completion.notes ?? '',
      time: completion.at,
      firstLocation: location,
      lastLocation: location,
      distance: 1.42,
      signatureUploadId: completion.success ? `sig${idOf(17, id)}` : null,
      photoUploadIds: [`pho${idOf(17, id)}`],
    },
  }
}

/** One piece of the last line was not handed over; the driver counts line by line where the task names the lines. */
export function handedOver(task: JsonObject): { delivered: string; notes: string } {
  const quantity = Number(task['quantity'] ?? 1)
  const notes = `PARTIAL: ${Math.max(0, quantity - 1)} of ${quantity} delivered`
  const lines = metadataOf(task, 'lines').split(';')
  const [lineId = '', ordered = ''] = lines.pop()?.split('=') ?? []
  if (lineId === '') return { delivered: String(Math.max(0, quantity - 1)), notes }
  return { delivered: [...lines, `${lineId}=${Math.max(0, Number(ordered) - 1)}`].join(';'), notes }
}
