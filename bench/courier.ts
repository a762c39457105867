import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../engine/package-root.ts'
import { ACCOUNTS } from '../simulators/accounts.ts'

/** The shipped courier template that the bench plays: its real sample, its real mapping, its real signature. */
export const COURIER = 'uber-direct'
export const COURIER_PATH = '/webhooks/uber-direct'
export const COURIER_CHANNEL = 'webhooks.uber-direct'

export const SIGNATURE_HEADER = 'x-uber-signature'
const SECRET = ACCOUNTS.uberDirect.webhookSecret

export const signatureOf = (body: string | Buffer): string => createHmac('sha256', SECRET).update(body).digest('hex')

/** Delivery document of the order with this index, as the demo numbers its orders. */
export const referenceOf = (index: number): string => String(80_100_001 + index)

/** Bodies of "delivered" webhooks (2.5 kB): a function from the index of an order to the body. */
export function deliveredBodies(): (index: number) => string {
  return variations('webhook.delivery_status.delivered.json', {
    evt_fict_delivered_0: (index) => `evt_bench_${index}`,
    del_FictDelivery0001AAAA: (index) => `del_bench_${index}`,
    80001042: referenceOf,
  })
}

/** Bodies of the small webhooks (0.5 kB) that wait behind those that are worked on. */
export function statusBodies(): (index: number) => string {
  return variations('webhook.dapi_status_changed.json', {
    'd1100000-0000-4000-8000-000000000001': (index) => `waiting-event-${index}`,
    80001042: (index) => `waiting-${index}`,
  })
}

/** The sample with its marks replaced: texts that must differ between two deliveries. */
function variations(file: string, marks: Record<string, (index: number) => string>): (index: number) => string {
  const sample = readFileSync(join(packageRoot(), 'templates', 'couriers', COURIER, 'samples', file), 'utf8')
  const missing = Object.keys(marks).filter((mark) => !sample.includes(mark))
  if (missing.length > 0) throw new Error(`the sample ${file} has no ${missing.join(', ')}`)
  const pieces = sample.split(new RegExp(`(${Object.keys(marks).join('|')})`))
  return (index) => pieces.map((piece) => marks[piece]?.(index) ?? piece).join('')
}
