/**
 * How partners name what our fields say, in the field's own words. By the last names of a canonical path, the longest that
 * fits; a word counts where a partner's name has it.
 */
export const SYNONYMS: Readonly<Record<string, string>> = {
  type: 'status state event kind activity trigger',
  rawCode: 'status code event state type trigger substatus detail activity reason subtype action',
  rawText: 'description message note comment remark text detail reason words',
  reason: 'reason failure cause exception code detail failed cancel cancellation',
  occurredAt: 'time timestamp date datetime at created updated event occurred scan when completed status sent happened',
  eta: 'eta estimated expected arrival delivery date time promised window planned',
  attempt: 'attempt try visit count number',
  variant: 'place left location safe neighbour option type',
  severity: 'level priority',
  'shipmentRef.value':
    'tracking code number waybill order reference id external shipment parcel delivery job task consignment merchant client barcode key awb',
  'reference.value': 'tracking code number order reference id external shipment',
  lat: 'latitude y',
  lon: 'longitude x',
  speedKmh: 'speed velocity',
  headingDegrees: 'heading course bearing direction azimuth',
  accuracyM: 'accuracy precision hdop',
  vehicleId: 'vehicle device tracker asset unit truck id name',
  deviceId: 'device tracker imei unit id',
  at: 'time timestamp date datetime fix recorded reported',
  'evidence.value': 'photo image picture url link signature proof pod upload file id document href attachment',
  'evidence.url': 'photo image picture url link signature proof pod file href',
  'evidence.signedBy': 'signed signer signature name recipient received by signatory',
  kind: 'type kind',
  signedBy: 'signed signer signature recipient received name',
  name: 'name contact recipient receiver customer full',
  company: 'company business organisation organization',
  phone: 'phone mobile telephone contact number',
  email: 'email mail address',
  lines: 'street address line road line1 address1',
  city: 'city town locality suburb',
  region: 'state province region county',
  postcode: 'postcode postal code',
  country: 'country code',
  consignee: 'recipient receiver customer destination dropoff delivery to consignee addressee',
  consignor: 'sender shipper origin pickup from consignor warehouse',
  orderId: 'order reference number id sales external',
  sku: 'sku item article product material code',
  quantity: 'quantity count piece amount unit number',
  delivered: 'delivered accepted received quantity',
  refused: 'refused rejected returned quantity damaged',
  weightKg: 'weight mass gross kilogram',
  amount: 'amount price total value cost charge fee',
  currency: 'currency code',
  earliest: 'from after start earliest begin open',
  latest: 'to until before end latest close by due',
  instructions: 'instruction note comment remark',
  trackingNumber: 'tracking number code waybill barcode awb',
  status: 'status state',
}

/** Names that say so little that they hardly speak for a field. */
export const VAGUE = new Set(
  'id value name type code number date time data info key at of the no text detail'.split(' '),
)

/** What an entity's fields stand in at partners, and what stands beside them and is about something else. */
export const CONTEXTS: Readonly<Record<string, { in: string; beside: string }>> = {
  'delivery-event': {
    in: 'event history tracking status scan activity checkpoint update latest last completion courier driver worker package cancelation cancellation',
    beside:
      'pickup dropoff destination origin sender recipient previous from to address return container merchant item manifest',
  },
  position: { in: 'position location gps fix point', beside: 'geofence previous start end' },
}
