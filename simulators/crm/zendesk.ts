import { createHmac } from 'node:crypto'
import { ACCOUNTS } from '../accounts.ts'
import type { Call, Reply } from '../http.ts'
import { basicOf } from '../http.ts'
import type { Json, JsonObject } from '../json.ts'
import { array, idOf, object, text, uuidOf } from '../json.ts'
import type { Simulator, World } from '../simulator.ts'
import { bucket, json } from '../simulator.ts'
import { wishOf } from './zendesk-wish.ts'

const SLUG = 'zendesk'
const KEY_MS = 2 * 60 * 60_000
const STATUSES = ['new', 'open', 'pending', 'hold', 'solved', 'closed']

export function zendesk(world: World): Simulator {
  const { documents, ledger, playbook, webhooks } = world
  const take = bucket(700 / 60, 700)

  const refuse = (status: number, error: string, description: string, details: JsonObject = {}): Reply =>
    json(status, { error, description, details })
  const get = (id: string) => documents.get(SLUG, 'ticket', id)
  const save = (ticket: JsonObject) => {
    documents.put(SLUG, 'ticket', text(ticket['id']), text(ticket['external_id']), ticket)
    return ticket
  }

  function create(call: Call): Reply {
    const input = object(object(call.body)['ticket'])
    const key = call.headers['idempotency-key'] ?? ''
    const reference = text(input['external_id'])
    const known = { businessKey: reference, idempotencyKey: key }
    if (text(object(input['comment'])['body']) === '')
      return {
        ...refuse(422, 'RecordInvalid', 'Record validation errors', {
          comment: [{ description: 'Comment: cannot be blank', error: 'BlankValue' }],
        }),
        ...known,
      }
    const before = key === '' ? undefined : documents.get(SLUG, 'key', key)
    if (before !== undefined && Number(before['at']) + KEY_MS > Date.now()) {
      if (before['hash'] !== idOf(64, call.raw.toString('utf8')))
        return {
          ...refuse(
            400,
            'IdempotentRequestError',
            'The request parameters do not match the initial request with the same idempotency key.',
          ),
          ...known,
        }
      return json(201, before['answer'] ?? {}, { ...known, headers: { 'x-idempotency-lookup': 'hit' } })
    }
    const number = documents.next('zendesk-ticket', 41)
    const now = stamp(new Date())
    const ticket = save({
      url: `${world.url(SLUG)}/api/v2/tickets/${number}.json`,
      id: number,
      external_id: reference || null,
      via: { channel: 'api', source: { from: {}, to: {}, rel: null } },
      created_at: now,
      updated_at: now,
      type: input['type'] ?? 'incident',
      subject: text(input['subject']),
      raw_subject: text(input['subject']),
      description: text(object(input['comment'])['body']),
      priority: input['priority'] ?? 'normal',
      status: 'new',
      recipient: null,
      requester_id: 8447388090999,
      submitter_id: 8447388090494,
      assignee_id: null,
      organization_id: null,
      group_id: 8447320466430,
      collaborator_ids: [],
      tags: array(input['tags']).map(text).sort(),
      custom_fields: input['custom_fields'] ?? [],
      satisfaction_rating: null,
    })
    const answer = {
      ticket,
      audit: { id: 2_127_300_000 + number, ticket_id: number, created_at: now, author_id: 8447388090494, events: [] },
    }
    if (key !== '')
      documents.put(SLUG, 'key', key, '', { at: Date.now(), hash: idOf(64, call.raw.toString('utf8')), answer })
    ledger.effect({
      partner: SLUG,
      kind: 'case',
      businessKey: reference || String(number),
      idempotencyKey: key,
      data: { id: number, subject: text(input['subject']) },
    })
    playbook.begin(
      { partner: SLUG, id: String(number), reference: reference || String(number), outcome: 'case', script: ['open'] },
      3,
    )
    return json(201, answer, {
      ...known,
      effect: true,
      headers: { 'x-idempotency-lookup': 'miss', location: text(ticket['url']) },
    })
  }

  function search(call: Call): Reply {
    const query = call.query.get('query') ?? ''
    const external = call.query.get('external_id') ?? /external_id:"?([^"\s]+)"?/.exec(query)?.[1]
    const all =
      external === undefined || external === ''
        ? documents.list(SLUG, 'ticket')
        : documents.find(SLUG, 'ticket', external)
    const found = all.filter((ticket) => matchesStatus(query, text(ticket['status'])))
    const results = found.map((ticket) => ({ ...ticket, result_type: 'ticket' }))
    const isSearch = call.path.includes('/search')
    const page = { count: found.length, next_page: null, previous_page: null }
    return json(200, isSearch ? { results, facets: null, ...page } : { tickets: found, ...page }, {
      businessKey: external ?? '',
    })
  }

  function read(call: Call): Reply {
    const found = get(call.params['id'] ?? '')
    return found === undefined
      ? refuse(404, 'RecordNotFound', 'Not found')
      : json(200, { ticket: found }, { businessKey: text(found['external_id']) })
  }

  function update(call: Call): Reply {
    const found = get(call.params['id'] ?? '')
    if (found === undefined) return refuse(404, 'RecordNotFound', 'Not found')
    const reference = text(found['external_id'])
    const input = object(object(call.body)['ticket'])
    if (found['status'] === 'closed')
      return {
        ...refuse(422, 'RecordInvalid', 'Record validation errors', {
          status: [{ description: 'Status: closed prevents ticket update', error: 'ClosedTicket' }],
        }),
        businessKey: reference,
      }
    const wanted = input['status'] === undefined ? text(found['status']) : text(input['status'])
    if (!STATUSES.includes(wanted))
      return {
        ...refuse(422, 'RecordInvalid', 'Record validation errors', {
          status: [{ description: `Status: ${wanted} is invalid` }],
        }),
        businessKey: reference,
      }
    const { comment, ...fields } = input
    const solving = wanted === 'solved' && found['status'] !== 'solved'
    const ticket = change({ ...found, ...fields }, wanted, new Date(), text(found['status']))
    if (comment !== undefined) {
      const number = documents.next('zendesk-comment', 1)
      const body = { id: number, type: 'Comment', public: true, ...object(comment), created_at: stamp(new Date()) }
      documents.put(SLUG, 'comment', String(number), text(ticket['id']), body)
      ledger.effect({ partner: SLUG, kind: 'comment', businessKey: `${reference}/${number}`, data: body })
    }
    if (solving)
      ledger.effect({ partner: SLUG, kind: 'case-solved', businessKey: reference, data: { id: found['id'] ?? null } })
    return json(
      200,
      { ticket, audit: { id: 2_127_400_000 + Number(ticket['id']), ticket_id: ticket['id'] ?? 0, events: [] } },
      { businessKey: reference, effect: true },
    )
  }

  function comments(call: Call): Reply {
    const found = get(call.params['id'] ?? '')
    if (found === undefined) return refuse(404, 'RecordNotFound', 'Not found')
    const written = documents.find(SLUG, 'comment', text(found['id']))
    const answer = { comments: written, next_page: null, previous_page: null, count: written.length }
    return json(200, answer, { businessKey: text(found['external_id']) })
  }

  /** Sets the status and tells the hub when it is another one. */
  function change(ticket: JsonObject, status: string, at: Date, previous: string): JsonObject {
    const body = save({ ...ticket, status, updated_at: stamp(at) })
    if (status !== previous)
      event('status_changed', body, at, { current: status.toUpperCase(), previous: previous.toUpperCase() })
    return body
  }

  /** Events carry ids as text and statuses in upper case, REST numbers and lower case (contract). */
  function event(name: string, ticket: JsonObject, at: Date, detail: JsonObject): void {
    const id = uuidOf(SLUG, documents.next('zendesk-event', 1))
    const upper = (field: string): Json => text(ticket[field]).toUpperCase()
    webhooks.enqueue({
      partner: SLUG,
      id,
      event: `ticket.${name}`,
      businessKey: text(ticket['external_id']),
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'X-Zendesk-Account-Id': '10420001',
        'X-Zendesk-Webhook-Id': '01SIM00000000000000001042',
        'X-Zendesk-Webhook-Invocation-Id': `01SIM${idOf(21, id).toUpperCase()}`,
      },
      body: {
        account_id: 10420001,
        detail: {
          actor_id: '8447388090494',
          assignee_id: text(ticket['assignee_id']) || '8447388090494',
          brand_id: '8447346621310',
          created_at: ticket['created_at'] ?? '',
          custom_status: '8447320465790',
          description: ticket['description'] ?? '',
          external_id: ticket['external_id'] ?? null,
          form_id: '8646151517822',
          group_id: text(ticket['group_id']),
          id: text(ticket['id']),
          is_public: true,
          organization_id: '8447346622462',
          priority: upper('priority'),
          requester_id: text(ticket['requester_id']),
          status: upper('status'),
          subject: ticket['subject'] ?? '',
          submitter_id: text(ticket['submitter_id']),
          tags: ticket['tags'] ?? [],
          type: upper('type'),
          updated_at: ticket['updated_at'] ?? '',
          via: { channel: 'web_service' },
        },
        event: detail,
        id,
        subject: `zen:ticket:${text(ticket['id'])}`,
        time: at.toISOString().replace('Z', '000000Z'),
        type: `zen:event-type:ticket.${name}`,
        zendesk_event_version: '2022-11-06',
      },
    })
  }

  /** The agents' side: `open` when somebody takes the ticket, `solve` when a person closes it by hand, and what customers wish. */
  function play(step: string, id: string, at: Date): void {
    const ticket = get(id)
    if (ticket === undefined) return
    const status = text(ticket['status'])
    if (step === 'open' && status === 'new') change({ ...ticket, assignee_id: 8447388090494 }, 'open', at, status)
    if (/^(reschedule|cancel)\b/.test(step))
      webhooks.enqueue({
        ...wishOf(ticket, step, stamp(at)),
        ...{ partner: SLUG, event: 'wish', businessKey: text(ticket['external_id']) },
      })
    if (step === 'solve' && status !== 'solved' && status !== 'closed') change(ticket, 'solved', at, status)
  }

  const tickets = /^\/api\/v2\/tickets/.source
  return {
    slug: SLUG,
    routes: [
      { method: 'POST', path: new RegExp(`${tickets}(?:\\.json)?$`), operation: 'createTicket', handle: create },
      { method: 'GET', path: new RegExp(`${tickets}(?:\\.json)?$`), operation: 'listTickets', handle: search },
      { method: 'GET', path: /^\/api\/v2\/search(?:\.json)?$/, operation: 'search', handle: search },
      { method: 'GET', path: new RegExp(`${tickets}/(?<id>\\d+)(?:\\.json)?$`), operation: 'getTicket', handle: read },
      {
        method: 'GET',
        path: new RegExp(`${tickets}/(?<id>\\d+)/comments(?:\\.json)?$`),
        operation: 'listComments',
        handle: comments,
      },
      {
        method: 'PUT',
        path: new RegExp(`${tickets}/(?<id>\\d+)(?:\\.json)?$`),
        operation: 'updateTicket',
        handle: update,
      },
    ],
    authorise: (call) => {
      const given = basicOf(call.headers)
      return given?.user === `${ACCOUNTS.zendesk.email}/token` && given.password === ACCOUNTS.zendesk.apiToken
        ? undefined
        : json(401, { error: "Couldn't authenticate you" })
    },
    limit: () => {
      const wait = take()
      return wait === 0
        ? undefined
        : {
            status: 429,
            body: { error: 'TooManyRequests', description: 'Number of allowed API requests per minute exceeded' },
            headers: { 'retry-after': String(Math.ceil(wait / 1000)) },
          }
    },
    error: (status) => refuse(status, status === 404 ? 'InvalidEndpoint' : 'InternalError', 'Something went wrong'),
    sign: ({ body, at, secret }) => {
      const time = stamp(at)
      return {
        'X-Zendesk-Webhook-Signature-Timestamp': time,
        'X-Zendesk-Webhook-Signature': createHmac('sha256', secret ?? ACCOUNTS.zendesk.webhookSecret)
          .update(time)
          .update(body)
          .digest('base64'),
      }
    },
    play,
  }
}

const stamp = (at: Date) => `${at.toISOString().slice(0, 19)}Z`

/** The status terms of Zendesk's search language: `status:open`, `-status:solved`, `status<solved`. */
function matchesStatus(query: string, status: string): boolean {
  const rank = (name: string) => STATUSES.indexOf(name)
  return [...query.matchAll(/(-?)status(:|<=?|>=?)([a-z]+)/g)].every(([, negated, operator, wanted = '']) => {
    const [have, limit] = [rank(status), rank(wanted)]
    const holds =
      operator === ':'
        ? have === limit
        : operator === '<'
          ? have < limit
          : operator === '<='
            ? have <= limit
            : operator === '>'
              ? have > limit
              : have >= limit
    return negated === '-' ? !holds : holds
  })
}
