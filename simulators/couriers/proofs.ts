import type { Documents } from '../documents.ts'
import type { JsonObject } from '../json.ts'
import { idOf, text } from '../json.ts'

/** What a driver brings home instead of an ordinary photo; `pin:1234` is what was entered at the door. */
const PLANNED = /^(?:signature|id|none|tiny|page|borrowed|pin:[0-9A-Za-z]{1,12})$/

export const isProof = (plan: string): boolean => PLANNED.test(plan)

/** Fixes the proof of a delivery that has not happened yet. */
export function planProof(documents: Documents, reference: string, proof: string): void {
  documents.put('couriers', 'proof', reference, '', { proof })
}

export function plannedProof(documents: Documents, ...references: string[]): string {
  const found = references.map((one) => documents.get('couriers', 'proof', one)).find((one) => one !== undefined)
  return text(found?.['proof'])
}

const STARTS = { jpg: 'ffd8ffe000104a46494600010100000100010000', png: '89504e470d0a1a0a' }

/** A file of that type with bytes of its own: nobody looks at the picture, but it is as large as one. */
export function picture(name: string, type: keyof typeof STARTS): Buffer {
  if (name.endsWith('-page')) return Buffer.from(`<html>${name}: please log in</html>`)
  const content = Buffer.from(name.endsWith('-tiny') ? 'x' : `${name} `.repeat(200))
  return Buffer.concat([Buffer.from(STARTS[type], 'hex'), content, Buffer.from('ffd9', 'hex')])
}

/** Uber's proof in the delivery's drop-off, by what was planned; signature, PIN and ID as its documentation names them. */
export function verification(delivery: JsonObject, at: Date, url: string, planned: string): JsonObject {
  const code = idOf(8, 'barcode', text(delivery['id'])).toUpperCase()
  const scan = { scan_result: { outcome: 'SUCCESS', timestamp: at.toISOString() }, type: 'CODE39', value: code }
  const photo = (name: string) => ({ picture: { image_url: `${url}/pod/${name}.jpg` } })
  const name = code.toLowerCase()
  const [kind = '', entered = ''] = planned.split(':')
  switch (kind) {
    case 'none':
      return {}
    case 'pin':
      return { pin_code: { entered } }
    case 'id':
      return { identification: { min_age_verified: true } }
    case 'signature':
      return { signature: { image_url: `${url}/pod/${name}-signature.jpg`, signer_name: 'J Sample' } }
    case 'tiny':
    case 'page':
      return photo(`${name}-${kind}`)
    case 'borrowed':
      return photo('b0rr0wed')
    default:
      return { barcodes: [scan], ...photo(name) }
  }
}
