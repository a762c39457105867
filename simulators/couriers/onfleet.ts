import { createHmac } from 'node:crypto'
import { ACCOUNTS } from '../accounts.ts'
import type { Call, Reply } from '../http.ts'
import { basicOf } from '../http.ts'
import type { JsonObject } from '../json.ts'
import { array, idOf, object, text, uuidOf } from '../json.ts'
import { DEPOT } from '../places.ts'
import type { Outcome } from '../playbook.ts'
import type { Simulator, World } from '../simulator.ts'
import { bucket, json } from '../simulator.ts'
import type { Completion } from './onfleet-task.ts'
import { picture } from './proofs.ts'
import { completed, handedOver, happened, metadataOf, newTask, onfleetId, WORKER_ID, worker } from './onfleet-task.ts'

const SLUG = 'onfleet'
/** Uploads are at an open address that nobody can guess. */
const UPLOAD = /^\/attachments\/(?<id>[\w-]+)\/800x\.png$/

/** Trigger ids, docs.onfleet.com/reference/webhooks. */
const TRIGGERS: Record<string, number> = {
  taskStarted: 0,
  taskEta: 1,
  taskArrival: 2,
  taskCompleted: 3,
  taskFailed: 4,
  taskCreated: 6,
  taskDeleted: 8,
  taskAssigned: 9,
  taskCloned: 13,
}

/** The hub must echo this when its address is registered. */
const CHECK = idOf(20, 'onfleet', 'check')

const ROAD = ['taskAssigned', 'taskStarted', 'taskEta', 'taskArrival']
const BACK = ['returnCreated', 'returnStarted', 'returnCompleted']

/**
 * What Onfleet can say of each outcome. It knows no second attempt and no return: a dispatcher clones the failed task
 * (taskCloned, own id, sourceTaskId) or creates a task back to the depot, told apart by its metadata
 * `direction` = `return`. A partial delivery is a success whose notes and metadata count what was handed over.
 */
const SCRIPTS: Record<Outcome, string[]> = {
  delivered: [...ROAD, 'taskCompleted'],
  'second-attempt': [...ROAD, 'absent', 'taskCloned', 'taskStarted', 'taskEta', 'taskArrival', 'taskCompleted'],
  partial: [...ROAD, 'partial'],
  refused: [...ROAD, 'refused', ...BACK],
  failed: [...ROAD, 'absent', ...BACK],
  cancelled: ['taskAssigned', 'taskDeleted'],
}

/** A booking: the task that is worked on now is the last of `tasks`. */
interface Booking extends JsonObject {
  reference: string
  outcome: string
  tasks: string[]
}

export function onfleet(world: World): Simulator {
  const { documents, ledger, playbook, webhooks } = world
  const take = bucket(20, 20)

  const task = (id: string) => documents.get(SLUG, 'task', id)
  const save = (body: JsonObject) => {
    documents.put(SLUG, 'task', text(body['id']), metadataOf(body, 'deliveryDocument'), body)
    return body
  }

  function refuse(status: number, code: string, error: number, cause: string): Reply {
    return json(status, {
      code,
      message: { error, message: code, cause, request: uuidOf('onfleet', documents.next('onfleet-request', 1)) },
    })
  }

  function create(call: Call): Reply {
    const input = object(call.body)
    const destination = object(input['destination'])
    if (typeof input['destination'] !== 'string' && Object.keys(object(destination['address'])).length === 0)
      return refuse(400, 'InvalidArgument', 1900, 'The destination was not found or is not yet available to use.')
    if (!Array.isArray(input['recipients'])) return refuse(400, 'InvalidArgument', 1900, 'The recipients are missing.')
    const id = onfleetId('tsk', documents.next('onfleet-task', 1))
    const body = newTask(input, id, Date.now())
    const reference = metadataOf(body, 'deliveryDocument') || text(body['orderShortId']) || id
    const names = [reference, metadataOf(body, 'orderId'), text(body['orderShortId'])].filter((name) => name !== '')
    const can = (Object.keys(SCRIPTS) as Outcome[]).filter((one) => one !== 'partial' || Number(body['quantity']) > 1)
    const outcome = playbook.outcome(names, can)
    save(body)
    documents.put(SLUG, 'booking', id, reference, { reference, outcome, tasks: [id] })
    ledger.effect({ partner: SLUG, kind: 'booking', businessKey: reference, data: { id, outcome } })
    playbook.begin({ partner: SLUG, id, reference, outcome, script: SCRIPTS[outcome] }, 4)
    return json(200, body, { businessKey: reference, effect: true })
  }

  /** POST /tasks/metadata: every task whose metadata has all the queried entries. */
  function byMetadata(call: Call): Reply {
    const wanted = array(call.body)
    const first = object(wanted.find((entry) => object(entry)['name'] === 'deliveryDocument'))
    const candidates =
      first['value'] === undefined ? documents.list(SLUG, 'task') : documents.find(SLUG, 'task', text(first['value']))
    const matches = candidates.filter((candidate) =>
      wanted.every((entry) => metadataOf(candidate, text(object(entry)['name'])) === text(object(entry)['value'])),
    )
    return json(200, matches, { businessKey: text(first['value']) })
  }

  function remove(call: Call): Reply {
    const id = call.params['id'] ?? ''
    const found = task(id)
    if (found === undefined) return refuse(404, 'ResourceNotFound', 1402, 'The task was not found.')
    const reference = metadataOf(found, 'deliveryDocument')
    if (Number(found['state']) >= 2 || !playbook.stop(SLUG, id, 'cancelled'))
      return { ...refuse(400, 'InvalidArgument', 1906, 'The task is active or completed.'), businessKey: reference }
    ledger.effect({ partner: SLUG, kind: 'cancellation', businessKey: reference, data: { id } })
    send('taskDeleted', found, reference, new Date())
    documents.remove(SLUG, 'task', id)
    return { status: 200, businessKey: reference, effect: true }
  }

  /** Of a task under way only notes and metadata can be changed (docs.onfleet.com/reference/update-task). */
  function update(call: Call): Reply {
    const id = call.params['id'] ?? ''
    const found = task(id)
    if (found === undefined) return refuse(404, 'ResourceNotFound', 1402, 'The task was not found.')
    const reference = metadataOf(found, 'deliveryDocument')
    const input = object(call.body)
    const free = Object.keys(input).every((name) => ['notes', 'metadata'].includes(name))
    if (Number(found['state']) >= 2 && !free)
      return { ...refuse(400, 'InvalidArgument', 1906, 'The task is active or completed.'), businessKey: reference }
    const body = save({ ...found, ...input, timeLastModified: world.now() })
    ledger.effect({ partner: SLUG, kind: 'change', businessKey: reference, data: { id, ...input } })
    return json(200, body, { businessKey: reference, effect: true })
  }

  function read(call: Call): Reply {
    const id = call.params['id'] ?? ''
    const found = task(id) ?? documents.list(SLUG, 'task').find((candidate) => candidate['shortId'] === id)
    if (found === undefined) return refuse(404, 'ResourceNotFound', 1402, 'The task was not found.')
    return json(200, found, { businessKey: metadataOf(found, 'deliveryDocument') })
  }

  function list(call: Call): Reply {
    const from = Number(call.query.get('from') ?? Number.NaN)
    if (Number.isNaN(from)) return refuse(400, 'InvalidArgument', 1900, 'from is required.')
    const to = Number(call.query.get('to') ?? Number.MAX_SAFE_INTEGER)
    const tasks = documents.list(SLUG, 'task').filter((candidate) => {
      const created = Number(candidate['timeCreated'])
      return created >= from && created <= to
    })
    return json(200, { tasks: tasks.slice(-64) })
  }

  function send(trigger: string, body: JsonObject, reference: string, at: Date, more: JsonObject = {}): void {
    const workerId = body['worker'] ?? null
    webhooks.enqueue({
      partner: SLUG,
      id: `onfleet-${documents.next('onfleet-hook', 1)}`,
      event: trigger,
      businessKey: reference,
      body: {
        actionContext: { id: WORKER_ID, type: 'WORKER' },
        adminId: null,
        data: {
          task: body,
          worker: workerId === null ? null : worker(at.getTime(), object(body['destination'])['location'] ?? null),
        },
        taskId: text(body['id']),
        time: Math.floor(at.getTime() / 1000),
        triggerId: TRIGGERS[trigger] ?? -1,
        triggerName: trigger,
        workerId,
        ...more,
      },
    })
  }

  function play(step: string, id: string, occurredAt: Date): void {
    const booking = documents.get<Booking>(SLUG, 'booking', id)
    const current = task(booking?.tasks.at(-1) ?? id)
    if (booking === undefined || current === undefined) return
    const at = occurredAt.getTime()
    const tell = (trigger: string, body: JsonObject, more?: JsonObject) =>
      send(trigger, save(body), booking.reference, occurredAt, more)
    const follow = (input: JsonObject, sourceTaskId: string) => {
      const nextId = onfleetId('tsk', id, booking.tasks.length)
      const next = {
        ...newTask(input, nextId, at),
        sourceTaskId,
        worker: WORKER_ID,
        state: 1,
      }
      documents.put(SLUG, 'booking', id, booking.reference, { ...booking, tasks: [...booking.tasks, nextId] })
      return next
    }
    const finish = (trigger: string, completion: Omit<Completion, 'at'>) =>
      tell(trigger, completed(current, { ...completion, at }))
    const steps: Record<string, () => void> = {
      taskAssigned: () =>
        tell('taskAssigned', {
          ...current,
          state: 1,
          worker: WORKER_ID,
          container: { type: 'WORKER', worker: WORKER_ID },
        }),
      taskStarted: () => {
        tell('taskStarted', { ...happened(current, 'start', at), state: 2 })
        const [lon, lat] = array(object(current['destination'])['location'])
        if (typeof lat === 'number' && typeof lon === 'number')
          world.onTheRoad({ reference: booking.reference, lat, lon })
      },
      taskEta: () => tell('taskEta', { ...current, estimatedArrivalTime: at + 420_000 }, { etaSeconds: 420 }),
      taskArrival: () => tell('taskArrival', happened(current, 'arrival', at), { distance: 80 }),
      taskCompleted: () => finish('taskCompleted', { success: true, notes: 'Left with reception' }),
      partial: () => {
        const { delivered, notes } = handedOver(current)
        const entry = { name: 'delivered', type: 'string', value: delivered, visibility: ['api'] }
        const body = completed(
          { ...current, metadata: [...array(current['metadata']), entry] },
          { success: true, notes, at },
        )
        tell('taskCompleted', body)
      },
      absent: () => finish('taskFailed', { success: false, reason: 'CUSTOMER_UNAVAILABLE', failureNotes: 'No answer' }),
      refused: () =>
        finish('taskFailed', {
          success: false,
          reason: 'REFUSED_BY_CUSTOMER',
          failureNotes: 'Customer refused the goods',
        }),
      taskCloned: () => tell('taskCloned', follow(current, text(current['id']))),
      taskDeleted: () => {
        tell('taskDeleted', current)
        documents.remove(SLUG, 'task', text(current['id']))
      },
      returnCreated: () => {
        const metadata = [
          ...array(current['metadata']),
          { name: 'direction', type: 'string', value: 'return', visibility: ['api'] },
        ]
        const destination = { ...object(current['destination']), location: [DEPOT.lon, DEPOT.lat] }
        tell('taskCreated', follow({ ...current, metadata, destination }, text(current['id'])))
      },
      returnStarted: () => tell('taskStarted', { ...happened(current, 'start', at), state: 2 }),
      returnCompleted: () => finish('taskCompleted', { success: true, notes: 'Back at the depot' }),
    }
    steps[step]?.()
  }

  const upload = (call: Call): Reply => ({
    status: 200,
    bytes: picture(call.params['id'] ?? '', 'png'),
    headers: { 'content-type': 'image/png' },
  })

  return {
    slug: SLUG,
    routes: [
      { method: 'POST', path: /^\/api\/v2\/tasks$/, operation: 'createTask', handle: create },
      { method: 'POST', path: /^\/api\/v2\/tasks\/metadata$/, operation: 'findTasks', handle: byMetadata },
      { method: 'GET', path: /^\/api\/v2\/tasks\/all$/, operation: 'listTasks', handle: list },
      { method: 'GET', path: /^\/api\/v2\/tasks\/(?:shortId\/)?(?<id>[^/]+)$/, operation: 'getTask', handle: read },
      { method: 'PUT', path: /^\/api\/v2\/tasks\/(?<id>[^/]+)$/, operation: 'updateTask', handle: update },
      { method: 'GET', path: UPLOAD, operation: 'attachment', handle: upload },
      { method: 'DELETE', path: /^\/api\/v2\/tasks\/(?<id>[^/]+)$/, operation: 'deleteTask', handle: remove },
      {
        method: 'GET',
        path: /^\/api\/v2\/auth\/test$/,
        operation: 'test',
        handle: () => json(200, { status: 200, message: 'Hello' }),
      },
    ],
    authorise: (call) =>
      UPLOAD.test(call.path) || basicOf(call.headers)?.user === ACCOUNTS.onfleet.apiKey
        ? undefined
        : refuse(401, 'InvalidCredentials', 1100, 'The API key is missing or unknown.'),
    limit: () =>
      take() === 0
        ? undefined
        : {
            ...refuse(429, 'TooManyRequests', 2300, 'Over 20 requests per second.'),
            headers: { 'x-ratelimit-remaining': '0' },
          },
    error: (status) =>
      refuse(status, status === 404 ? 'ResourceNotFound' : 'InternalServerError', status * 10, 'Something went wrong.'),
    sign: ({ body, secret }) => ({
      'X-Onfleet-Signature': createHmac('sha512', Buffer.from(secret ?? ACCOUNTS.onfleet.webhookSecret, 'hex'))
        .update(body)
        .digest('hex'),
    }),
    // "non-200" is retried, says the contract; the hub's 202 for an event it cannot use would be sent again for a day.
    accepts: (status) => status >= 200 && status < 300,
    validation: {
      method: 'GET',
      query: `?check=${CHECK}`,
      good: (status, answer) => status === 200 && answer === CHECK,
    },
    play,
  }
}
