import { ACCOUNTS } from '../accounts.ts'
import type { Call, Reply } from '../http.ts'
import { basicOf } from '../http.ts'
import { idOf } from '../json.ts'
import type { Simulator, World } from '../simulator.ts'
import { bucket, json } from '../simulator.ts'

const SLUG = 'twilio'
/** Phones whose owner has answered STOP. */
const STOPPED = /00$/

/** Text messages as Twilio takes them; nothing leaves the machine. */
export function twilio(world: World): Simulator {
  const { documents, ledger } = world
  const take = bucket(50, 100)
  const refuse = (status: number, code: number, message: string): Reply =>
    json(status, { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status })

  function send(call: Call): Reply {
    const form = new URLSearchParams(call.raw.toString('utf8'))
    const [to, body] = [form.get('To') ?? '', form.get('Body') ?? '']
    const from = form.get('From') ?? form.get('MessagingServiceSid') ?? ''
    const known = { businessKey: to }
    if (!/^\+[1-9]\d{6,14}$/.test(to)) return { ...refuse(400, 21211, `The 'To' number is not valid.`), ...known }
    if (body === '' || from === '') return { ...refuse(400, 21602, 'Message body or sender is required.'), ...known }
    if (STOPPED.test(to)) return { ...refuse(400, 21610, 'Attempt to send to unsubscribed recipient'), ...known }
    const sid = `SM${idOf(32, SLUG, documents.next('twilio-message', 1))}`
    ledger.effect({ partner: SLUG, kind: 'sms', businessKey: to, data: { sid, to, body } })
    const message = { sid, to, from, body, status: 'queued', num_segments: String(Math.ceil(body.length / 160)) }
    const account = { account_sid: ACCOUNTS.twilio.accountSid, error_code: null, error_message: null }
    return json(201, { ...message, ...account }, { ...known, effect: true })
  }

  return {
    slug: SLUG,
    routes: [
      {
        method: 'POST',
        path: new RegExp(`^/2010-04-01/Accounts/${ACCOUNTS.twilio.accountSid}/Messages\\.json$`),
        operation: 'createMessage',
        handle: send,
      },
    ],
    authorise: (call) => {
      const given = basicOf(call.headers)
      return given?.user === ACCOUNTS.twilio.accountSid && given.password === ACCOUNTS.twilio.apiKey
        ? undefined
        : refuse(401, 20003, 'Authenticate')
    },
    limit: () => (take() === 0 ? undefined : refuse(429, 20429, 'Too Many Requests')),
    error: (status) => refuse(status, 20500, 'Something went wrong.'),
  }
}
