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

/** What must differ between two deliveries; all three have the length that they have in the sample. */
interface Names {
  eventId: string
  deliveryId: string
  reference: string
}

const SAMPLE: Names = {
  eventId: 'evt_fict_delivered_0',
  deliveryId: 'del_FictDelivery0001AAAA',
  reference: '80001042',
}

/** Delivery document of the order with this index, as the demo numbers its orders. */
export const referenceOf = (index: number): string => String(80_100_001 + index)

/**
 * Bodies of "delivered" webhooks, one for each order.
 * @returns a function from the order's index to the body
 */
export function deliveredBodies(): (index: number) => string {
  const folder = join(packageRoot(), 'templates', 'couriers', COURIER, 'samples')
  const sample = readFileSync(join(folder, 'webhook.delivery_status.delivered.json'), 'utf8')
  const marks = Object.entries(SAMPLE)
  const missing = marks.filter(([, text]) => !sample.includes(text))
  if (missing.length > 0) throw new Error(`the sample of ${COURIER} has no ${missing.map(([name]) => name)}`)
  const pieces = sample.split(new RegExp(`(${Object.values(SAMPLE).join('|')})`))
  return (index) => {
    const names: Record<string, string> = {
      [SAMPLE.eventId]: `evt_bench_${index}`,
      [SAMPLE.deliveryId]: `del_bench_${index}`,
      [SAMPLE.reference]: referenceOf(index),
    }
    return pieces.map((piece) => names[piece] ?? piece).join('')
  }
}
