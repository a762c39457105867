import { ACCOUNTS } from '../accounts.ts'
import type { Call, Reply } from '../http.ts'
import type { JsonObject } from '../json.ts'
import { object, text, uuidOf } from '../json.ts'
import type { Simulator, World } from '../simulator.ts'
import { bucket, json } from '../simulator.ts'

const SLUG = 'postmark'
/** Addresses that bounced before. */
const INACTIVE = /^bounced[^@]*@/

/** E-mails as Postmark takes them; nothing leaves the machine. */
export function postmark(world: World): Simulator {
  const { documents, ledger } = world
  const take = bucket(50, 100)
  const refuse = (status: number, code: number, message: string): Reply =>
    json(status, { ErrorCode: code, Message: message })

  function send(call: Call): Reply {
    const input = object(call.body)
    const notice = text(object(input['Metadata'])['notice'])
    const to = text(input['To'])
    if (!to.includes('@')) return { ...refuse(422, 300, "Error parsing 'To'."), businessKey: notice }
    if (text(input['TextBody']) === '' && text(input['HtmlBody']) === '')
      return { ...refuse(422, 300, "Provide either email 'TextBody' or 'HtmlBody'."), businessKey: notice }
    if (INACTIVE.test(to))
      return {
        ...refuse(422, 406, 'You tried to send to a recipient that has been marked as inactive.'),
        businessKey: notice,
      }
    const id = uuidOf(SLUG, documents.next('postmark-message', 1))
    const at = new Date(world.now()).toISOString()
    const { From, Subject, TextBody, Tag } = input
    const message = {
      MessageID: id,
      From: From ?? '',
      Subject: Subject ?? '',
      TextBody: TextBody ?? '',
      Tag: Tag ?? '',
    }
    documents.put(SLUG, 'message', id, notice, {
      ...{ ...message, ReceivedAt: at, Status: 'Sent', To: [{ Email: to, Name: null }] },
      Metadata: input['Metadata'] ?? {},
    })
    ledger.effect({ partner: SLUG, kind: 'email', businessKey: notice, data: { ...message, To: to } })
    const answer = { To: to, SubmittedAt: at, MessageID: id, ErrorCode: 0, Message: 'OK' }
    return json(200, answer, { businessKey: notice, effect: true })
  }

  function search(call: Call): Reply {
    const notice = call.query.get('metadata_notice') ?? ''
    const found = documents.find(SLUG, 'message', notice)
    return json(200, { TotalCount: found.length, Messages: found as JsonObject[] }, { businessKey: notice })
  }

  return {
    slug: SLUG,
    routes: [
      { method: 'POST', path: /^\/email$/, operation: 'sendEmail', handle: send },
      { method: 'GET', path: /^\/messages\/outbound$/, operation: 'searchMessages', handle: search },
    ],
    authorise: (call) =>
      call.headers['x-postmark-server-token'] === ACCOUNTS.postmark.apiKey
        ? undefined
        : refuse(401, 10, 'The server token is missing or invalid.'),
    limit: () => (take() === 0 ? undefined : refuse(429, 429, 'Rate limit exceeded.')),
    error: (status) => refuse(status, status === 404 ? 404 : 100, 'Something went wrong.'),
  }
}
