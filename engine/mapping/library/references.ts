import { shipmentIdOf } from '../../lifecycle/shipment.ts'
import { valuesAt } from '../values.ts'
import { FunctionError, type Given, isBlank, isNothing, type LibraryFunction, MissingFields } from './function.ts'
import { cleaned } from './texts.ts'

interface Reference {
  type: string
  value: string
}

function reference(type: Given<string | Record<string, unknown>>, value?: unknown): Reference | undefined {
  if (isNothing(type)) return undefined
  if (typeof type === 'string') return made(type, value)
  if (Array.isArray(type)) throw new FunctionError('$reference', 'takes a type and a value, or an object of both')
  for (const [name, one] of Object.entries(type)) {
    const found = made(name, one)
    if (found) return found
  }
  return undefined
}

function made(type: string, given: unknown): Reference | undefined {
  if (isBlank(given)) return undefined
  if (!/^[a-z][a-z0-9_.-]{0,39}$/.test(type))
    throw new FunctionError('$reference', 'the type is a word such as order or tracking', type)
  const whole = Number.isSafeInteger(given)
  if (typeof given !== 'string' && !whole)
    throw new FunctionError('$reference', 'the value is a text or a whole number that kept all its digits', given)
  const value = cleaned(String(given))
  if (value.length > 128) throw new FunctionError('$reference', 'the value has more than 128 characters', given)
  return { type, value }
}

function shipmentId(orderId: Given<string>): string | undefined {
  if (isBlank(orderId)) return undefined
  if (typeof orderId !== 'string') throw new FunctionError('$shipmentId', 'an order id is a text', orderId)
  return shipmentIdOf(orderId)
}

function requires(document: unknown, paths: Given<string | string[]>): unknown {
  const wanted = [paths].flat()
  if (wanted.length > 100) throw new FunctionError('$requires', 'has at most 100 paths')
  const missing = wanted.filter((path) => {
    if (typeof path !== 'string' || path === '' || path.length > 300 || path.includes('*'))
      throw new FunctionError('$requires', 'the fields are paths such as consignee.phone')
    return isBlank(valuesAt(document, path))
  })
  if (missing.length > 0) throw new MissingFields('$requires', missing as string[])
  return document
}

const group = 'references'

export const REFERENCES: LibraryFunction[] = [
  {
    name: 'reference',
    run: reference,
    group,
    signature: '$reference(type, value)',
    summary:
      'A canonical reference, nothing where there is no value. With one object instead, the first of its entries that is there: how a shipment is found by the best number that a partner sends.',
    examples: [
      { expression: '$reference("tracking", " 1Z999 ")', result: { type: 'tracking', value: '1Z999' } },
      {
        expression: '$reference({"delivery": null, "order": "SO-1", "booking": 42})',
        result: { type: 'order', value: 'SO-1' },
      },
      { expression: '$reference("Waybill No", "1")', error: 'the type is a word' },
    ],
  },
  {
    name: 'requires',
    run: requires,
    group,
    signature: '$requires(document, paths)',
    summary:
      'The document itself; where one of the fields is missing or blank, an error that names all that are. For what a partner cannot do without.',
    examples: [
      { expression: '$requires({"name": "Jo"}, ["name"]).name', result: 'Jo' },
      {
        expression: '$requires({"name": "Jo"}, ["name", "phone", "address.city"])',
        error: 'phone, address.city are missing',
      },
    ],
  },
  {
    name: 'shipmentId',
    run: shipmentId,
    group,
    signature: '$shipmentId(orderId)',
    summary: 'The hub’s own id of the shipment of an order, for what names the order only.',
    examples: [{ expression: '$contains($shipmentId("SO-10042"), "shp_")', result: true }],
  },
]
