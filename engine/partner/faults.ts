import type { Json, JsonObject } from '../json.ts'
import { isObject } from './answer.ts'
import { PartnerFailure } from './failure.ts'
import type { Operation } from './operation-types.ts'

/** What a partner says went wrong inside an answer that came whole: a SOAP Fault, a JSON-RPC error. */
export interface Fault {
  code: string
  message: string
  /** By its code it is the partner's own trouble, and not something about the request. */
  failed: boolean
}

type Expects = Operation['expects']

/** What the answer of an operation is taken for. */
export function expectedOf({ expects, body }: Pick<Operation, 'expects' | 'body'>): NonNullable<Expects> {
  return expects ?? (body === 'soap' || body === 'json-rpc' ? body : 'json')
}

export function faultIn(expects: NonNullable<Expects>, body: Json): Fault | undefined {
  if (expects === 'soap') return soapFault(body)
  return expects === 'json-rpc' ? rpcFault(body) : undefined
}

/** SOAP 1.1, section 4.4, and 1.2, section 5.4. */
function soapFault(body: Json): Fault | undefined {
  const fault = soapBodyOf(body)?.Fault
  if (!isObject(fault)) return undefined
  const code = localName(textAt(fault, 'faultcode') ?? textAt(fault, 'Code', 'Value') ?? 'Receiver')
  const message = textAt(fault, 'faultstring') ?? textAt(fault, 'Reason', 'Text') ?? code
  return { code, message, failed: !/^(Client|Sender|MustUnderstand|VersionMismatch|DataEncodingUnknown)\b/.test(code) }
}

/** JSON-RPC 2.0, section 5.1: -32603 and -32000 to -32099 are the server's, the others the caller's or the application's. */
function rpcFault(body: Json): Fault | undefined {
  const error = isObject(body) ? body.error : undefined
  if (error === undefined || error === null || error === false) return undefined
  const code = isObject(error) ? error.code : Array.isArray(error) ? error[0] : error
  const data = isObject(error) && isObject(error.data) ? textAt(error.data, 'message') : undefined
  const message = data ?? (isObject(error) ? textAt(error, 'message') : firstText(error))
  const failed = typeof code === 'number' && (code === -32603 || (code <= -32000 && code >= -32099))
  return {
    code: typeof code === 'number' || typeof code === 'string' ? String(code) : 'error',
    message: message ?? '',
    failed,
  }
}

/** Is it an answer of this kind at all, and the one to our request? Throws `partner.answer-unreadable` when it is not. */
export function checkEnvelope(expects: NonNullable<Expects>, body: Json, rpcId: string): void {
  if (expects === 'soap' && soapBodyOf(body) === undefined) throw notThe('it is no SOAP envelope')
  if (expects !== 'json-rpc') return
  if (!isObject(body) || (!Object.hasOwn(body, 'result') && rpcFault(body) === undefined))
    throw notThe('it is no answer of JSON-RPC')
  // A server that could not even read the request names none.
  if (body.id !== rpcId && !(body.id === null && rpcFault(body))) throw notThe('it answers another request')
}

function soapBodyOf(body: Json): JsonObject | undefined {
  const envelope = isObject(body) ? body.Envelope : undefined
  if (!isObject(envelope) || !Object.hasOwn(envelope, 'Body')) return undefined
  return isObject(envelope.Body) ? envelope.Body : {}
}

function textAt(value: JsonObject, ...path: string[]): string | undefined {
  let place: Json | undefined = value
  for (const name of path) place = isObject(place) && Object.hasOwn(place, name) ? place[name] : undefined
  if (isObject(place)) place = place['#text']
  if (Array.isArray(place)) return firstText(place)
  return typeof place === 'string' && place !== '' ? place : undefined
}

function firstText(value: Json): string | undefined {
  if (typeof value === 'string') return value
  const texts = Array.isArray(value) ? value.map((one) => (isObject(one) ? textAt(one, '#text') : firstText(one))) : []
  return texts.findLast((text) => text !== undefined && text !== '')
}

function localName(code: string): string {
  return code.slice(code.indexOf(':') + 1)
}

function notThe(why: string): PartnerFailure {
  return new PartnerFailure('unknown', 'transient', 'partner.answer-unreadable', `the answer cannot be used: ${why}`)
}
