/** Short forms that partners use, and what they stand for. */
const LONG_FORMS: Readonly<Record<string, string>> = {
  addr: 'address',
  amt: 'amount',
  cntr: 'container',
  cntry: 'country',
  ctry: 'country',
  cust: 'customer',
  curr: 'currency',
  cur: 'currency',
  desc: 'description',
  dest: 'destination',
  dlv: 'delivery',
  dt: 'date',
  evt: 'event',
  lat: 'latitude',
  lbs: 'pounds',
  lng: 'longitude',
  lon: 'longitude',
  loc: 'location',
  msg: 'message',
  no: 'number',
  nbr: 'number',
  num: 'number',
  ord: 'order',
  org: 'organisation',
  pcs: 'pieces',
  pkg: 'package',
  qty: 'quantity',
  recv: 'received',
  ref: 'reference',
  sig: 'signature',
  ship: 'shipment',
  shpt: 'shipment',
  spd: 'speed',
  st: 'street',
  tel: 'phone',
  trk: 'tracking',
  ts: 'timestamp',
  veh: 'vehicle',
  wt: 'weight',
  zip: 'postcode',
}

/** `deliveryDocNo` → `delivery doc no`, as small words: camelCase, snake_case, kebab-case, capitals and digits taken apart. */
export function tokensOf(name: string): string[] {
  return name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .replace(/([A-Za-z])(\d{4,})/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '')
}

/** The same with short forms written out, and plurals as singulars. */
export function wordsIn(name: string): string[] {
  return tokensOf(name).map((word) => {
    const whole = Object.hasOwn(LONG_FORMS, word) ? LONG_FORMS[word]! : word
    return whole.length > 3 && whole.endsWith('s') && !whole.endsWith('ss') && !/us$/.test(whole)
      ? whole.slice(0, -1)
      : whole
  })
}
