import { tokensOf } from './words.ts'

/** What a personal value is: by it an invention is made that reads like it. */
export type PersonalKind =
  | 'name'
  | 'company'
  | 'street'
  | 'house-number'
  | 'postcode'
  | 'city'
  | 'phone'
  | 'mail'
  | 'coordinates'
  | 'link'
  | 'number'
  | 'note'
  | 'message'
  | 'other'

/** Words in a field's name by which it is somebody's: who, where, how to reach them, and what they wrote. */
const WORDS: Readonly<Partial<Record<PersonalKind, string>>> = {
  mail: 'email mail',
  phone: 'phone mobile telephone fax msisdn',
  street: 'street address addr address1 address2 address3 line1 line2 line3',
  postcode: 'zip postcode postal plz',
  city: 'city town suburb',
  name:
    'firstname lastname fullname surname forename nickname salutation contact recipient consignee addressee signedby signer ' +
    'signee receiver',
  note: 'instructions instruction notes note comment remark remarks comments',
  message: 'message',
  coordinates: 'lat latitude lon lng longitude coordinates coords geo',
  other:
    'birth birthday passport iban plate licenceplate licenseplate signature selfie photo buzzer doorcode apartment',
}
const KIND_OF = new Map(
  Object.entries(WORDS).flatMap(([kind, words]) => words.split(' ').map((word) => [word, kind as PersonalKind])),
)
/** A name that may be a person's, or a thing's when one of these stands before it. */
const NAME_WORDS = new Set(['name', 'names'])
const THINGS = new Set(
  (
    'event trigger file product item sku status state type service level carrier courier provider company business ' +
    'brand store hub depot warehouse location place team field parameter metadata code reason display short unit ' +
    'class template zone route shop channel queue topic source country currency language method customs option ' +
    'servicelevel vehicle entity logical'
  ).split(' '),
)
/** What a name under them is, only the fields beside it tell: `parcel.name` is a person's, `shipment.name` is a service's. */
const HOLDERS = new Set('shipment parcel order delivery consignment shipping package'.split(' '))
/** Names of things about a message or an object, whatever else their name says. */
const HARMLESS = /^(id|ids|type|kind|code|status|state|count|total|version|verified|valid|required|enabled|at|time)$/
const POSTCODE = /(postal|post|zip)code$/
const HOUSE_NUMBER = /(house|street)(no|nr|num|number)(addition|suffix|extension)?$/
const COMPANY = /^(company|business|firm|organi[sz]ation)(name)?[123]?$/
/** What a shipment, an order or a customer is known by to others. */
const TRACKING =
  /^(awb|waybill|barcode|sscc)$|(tracking|waybill|awb|consignment|parcel|shipment)(no|nr|num|number|barcode|uuid)s?$/
const TRACKING_ID = /tracking(code|id|ref|reference)s?$|external(shipment|parcel)id$/
const ORDER =
  /(order|customer|client|account|invoice|purchase|po)(no|nr|num|number|uuid|ref|reference)s?$|(order|customer|client)(id)s?$/
const PERSON_ID = /(recipient|consignee|receiver|addressee|contact|user|person|driver|worker)(id|uuid|no|nr|number)$/
/** Where the name alone says nothing: `order.number`, `customer.id`. */
const BARE = /^(id|uuid|number|no|nr|reference|ref)$/

/** The kind that names tell, the last first; undefined is nobody's. */
export function kindByNames(names: readonly string[]): PersonalKind | undefined {
  const last = tokensOf(names.at(-1) ?? '')
  const above = tokensOf(names.at(-2) ?? '')
  const end = last.at(-1) ?? ''
  const joined = last.join('')
  if (POSTCODE.test(joined)) return 'postcode'
  if (HOUSE_NUMBER.test(joined) || (/^(number|no|nr)$/.test(joined) && isAddress(above))) return 'house-number'
  if (HARMLESS.test(end)) return undefined
  const word = last.findLast((one) => KIND_OF.has(one))
  if (word !== undefined || KIND_OF.has(joined)) return KIND_OF.get(word ?? joined)
  if (!NAME_WORDS.has(end)) return below(above)
  return [...last, ...above].some((one) => THINGS.has(one) || THINGS.has(one.replace(/s$/, ''))) ? undefined : 'name'
}

/** What others look a shipment, an order or a person up by. */
export function isLookedUpBy(names: readonly string[]): boolean {
  const last = tokensOf(names.at(-1) ?? '').join('')
  const joined = BARE.test(last) ? tokensOf(names.at(-2) ?? '').join('') + last : last
  return [TRACKING, TRACKING_ID, ORDER, PERSON_ID].some((one) => one.test(joined))
}

export function isCompany(names: readonly string[]): boolean {
  return COMPANY.test(tokensOf(names.at(-1) ?? '').join(''))
}

/** A name of which nobody but its neighbours can say whether it is a person's. */
export function isOfHolder(names: readonly string[]): boolean {
  return (
    tokensOf(names.at(-1) ?? '').join('') === 'name' &&
    HOLDERS.has((tokensOf(names.at(-2) ?? '').at(-1) ?? '').replace(/s$/, ''))
  )
}

/** `address.line`, `recipient.building`: what stands below somebody's field is theirs. */
function below(above: string[]): PersonalKind | undefined {
  if (isAddress(above)) return 'street'
  return ['recipient', 'consignee', 'addressee', 'contact', 'receiver'].includes(above.at(-1) ?? '')
    ? 'other'
    : undefined
}

function isAddress(above: string[]): boolean {
  return ['address', 'addr'].some((one) => above.includes(one))
}
