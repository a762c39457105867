// Generated from schemas/*.schema.json by scripts/generate-types.mjs; change the schemas instead.

/**
 * ISO 3166-1 alpha-2 code (and XK, which carriers use for Kosovo).
 */
export type Country = string

/**
 * ISO 4217 code of a currency that is in circulation.
 */
export type Currency = string

/**
 * Unit of a quantity: SAP or UN/ECE Recommendation 20 code.
 */
export type Unit = string

/**
 * How fast the goods must be there.
 */
export type ServiceLevel = 'same_day' | 'next_day' | 'express' | 'standard' | 'economy'

/**
 * One of the 35 canonical events of a shipment.
 */
export type ShipmentEventType =
  | 'shipment.created'
  | 'carrier.info_received'
  | 'carrier.rejected'
  | 'courier.assigned'
  | 'pickup.scheduled'
  | 'pickup.en_route'
  | 'pickup.arrived'
  | 'pickup.failed'
  | 'pickup.completed'
  | 'transit.departed'
  | 'transit.arrived'
  | 'transit.moving'
  | 'transit.handover'
  | 'transit.delayed'
  | 'transit.rerouted'
  | 'customs.started'
  | 'customs.held'
  | 'customs.cleared'
  | 'shipment.held'
  | 'eta.changed'
  | 'delivery.scheduled'
  | 'delivery.out_for_delivery'
  | 'delivery.approaching'
  | 'delivery.arrived'
  | 'delivery.attempt_failed'
  | 'delivery.ready_for_collection'
  | 'delivery.completed'
  | 'delivery.failed'
  | 'pod.available'
  | 'return.started'
  | 'return.completed'
  | 'shipment.damaged'
  | 'shipment.lost'
  | 'shipment.cancelled'
  | 'tracking.expired'

/**
 * A canonical event, or one of the two types that never are a shipment status: a position, or a code that no table knows.
 */
export type EventType =
  | 'shipment.created'
  | 'carrier.info_received'
  | 'carrier.rejected'
  | 'courier.assigned'
  | 'pickup.scheduled'
  | 'pickup.en_route'
  | 'pickup.arrived'
  | 'pickup.failed'
  | 'pickup.completed'
  | 'transit.departed'
  | 'transit.arrived'
  | 'transit.moving'
  | 'transit.handover'
  | 'transit.delayed'
  | 'transit.rerouted'
  | 'customs.started'
  | 'customs.held'
  | 'customs.cleared'
  | 'shipment.held'
  | 'eta.changed'
  | 'delivery.scheduled'
  | 'delivery.out_for_delivery'
  | 'delivery.approaching'
  | 'delivery.arrived'
  | 'delivery.attempt_failed'
  | 'delivery.ready_for_collection'
  | 'delivery.completed'
  | 'delivery.failed'
  | 'pod.available'
  | 'return.started'
  | 'return.completed'
  | 'shipment.damaged'
  | 'shipment.lost'
  | 'shipment.cancelled'
  | 'tracking.expired'
  | 'position.updated'
  | 'status.unmapped'

/**
 * Why something did not go as planned: one of the 30 canonical reasons.
 */
export type Reason =
  | 'recipient.absent'
  | 'recipient.refused'
  | 'recipient.closed'
  | 'recipient.moved'
  | 'recipient.rescheduled'
  | 'recipient.id_failed'
  | 'recipient.payment_due'
  | 'recipient.not_collected'
  | 'recipient.cancelled'
  | 'address.incorrect'
  | 'address.inaccessible'
  | 'shipper.not_ready'
  | 'shipper.bad_data'
  | 'shipper.packaging'
  | 'shipper.cancelled'
  | 'shipper.hold'
  | 'carrier.missort'
  | 'carrier.no_time'
  | 'carrier.capacity'
  | 'carrier.vehicle'
  | 'carrier.driver'
  | 'carrier.missed_connection'
  | 'carrier.damage'
  | 'carrier.loss'
  | 'customs.documents'
  | 'customs.duty'
  | 'customs.inspection_or_ban'
  | 'external.weather'
  | 'external.civil_or_road'
  | 'other.unknown'

/**
 * How a delivery was completed.
 */
export type Variant =
  'recipient' | 'neighbour' | 'safe_place' | 'locker' | 'mailroom' | 'po_box' | 'partial' | 'damaged' | 'cod_paid'

/**
 * By which way an event came in.
 */
export type EventSource = 'API' | 'EDI' | 'TELEMATICS' | 'MANUAL' | 'SIM'

/**
 * An amount that is never negative, with its currency.
 */
export type Money = {
  /**
   * Decimal string: no exponent, no group separators, at most the decimals that the currency has.
   */
  amount: string
  /**
   * Currency of the amount.
   */
  currency: Currency
}

/**
 * An amount that may be negative (a credit), with its currency.
 */
export type SignedMoney = {
  /**
   * Decimal string: no exponent, no group separators, at most the decimals that the currency has.
   */
  amount: string
  /**
   * Currency of the amount.
   */
  currency: Currency
}

/**
 * A point on earth (WGS 84).
 */
export type Location = {
  /**
   * Latitude, north positive (WGS 84).
   */
  lat: number
  /**
   * Longitude, east positive (WGS 84).
   */
  lon: number
}

/**
 * A postal address.
 */
export type Address = {
  /**
   * Street, number, building, flat: most specific first.
   */
  lines: string[]
  /**
   * Town.
   */
  city: string
  /**
   * State, province or county.
   */
  region?: string
  /**
   * Postal code as the country writes it.
   */
  postcode?: string
  /**
   * Country of the address.
   */
  country: Country
  /**
   * Where the address is, once geocoded.
   */
  location?: Location
}

/**
 * A person or company at an address.
 */
export type Party = {
  /**
   * The ERP's number of the business partner.
   */
  partyId?: string
  /**
   * Name of the person or the site.
   */
  name: string
  /**
   * Company, where the name is a person.
   */
  company?: string
  /**
   * Telephone, preferably E.164.
   */
  phone?: string
  /**
   * E-mail address.
   */
  email?: string
  /**
   * Where the party is.
   */
  address: Address
  /**
   * What the driver should know: door, floor, bell.
   */
  instructions?: string
}

/**
 * Any id under which somebody knows a thing.
 */
export type Reference = {
  /**
   * What kind of id it is: order, delivery, tracking, booking, parcel, container, case, plate, route …
   */
  type: string
  /**
   * The id itself.
   */
  value: string
}

/**
 * From when until when.
 */
export type TimeWindow = {
  /**
   * Not before.
   */
  earliest?: string
  /**
   * Not after.
   */
  latest: string
}

/**
 * One item of an order.
 */
export type Line = {
  /**
   * Number of the line within the order.
   */
  lineId: string
  /**
   * Item number.
   */
  sku: string
  /**
   * What the item is called.
   */
  description?: string
  /**
   * How much was ordered.
   */
  quantity: number
  /**
   * Unit of the quantity.
   */
  unit: Unit
  /**
   * Price of the whole line.
   */
  price?: Money
}

/**
 * One handling unit: carton, bag or pallet.
 */
export type Package = {
  /**
   * Number of the handling unit.
   */
  packageId: string
  /**
   * Gross weight.
   */
  weightKg: number
  /**
   * Length, the longest side.
   */
  lengthCm?: number
  /**
   * Width.
   */
  widthCm?: number
  /**
   * Height.
   */
  heightCm?: number
  /**
   * Whether dangerous goods are in it.
   */
  hazardous?: boolean
  /**
   * GS1 serial shipping container code.
   */
  sscc?: string
}

/**
 * One piece of proof that came with an event.
 */
export type Evidence = {
  /**
   * What it is.
   */
  kind: 'photo' | 'signature' | 'barcode' | 'pin' | 'id' | 'document'
  /**
   * Where the partner keeps it.
   */
  url?: string
  /**
   * The proof itself where it is text: a barcode, a PIN.
   */
  value?: string
  /**
   * Media type of what the address gives.
   */
  mediaType?: string
  /**
   * Who signed.
   */
  signedBy?: string
}

/**
 * One piece of proof in the vault.
 */
export type KeptEvidence = {
  /**
   * What it is.
   */
  kind: 'photo' | 'signature' | 'barcode' | 'pin' | 'id' | 'document'
  /**
   * SHA-256 of the content: its name in the vault.
   */
  hash: string
  /**
   * Size of the content.
   */
  size: number
  /**
   * Media type of the content as found by looking at it.
   */
  mediaType: string
  /**
   * Where it was fetched.
   */
  sourceUrl?: string
}

/**
 * What became of one line at the door.
 */
export type DeliveredLine = {
  /**
   * Number of the line within the order.
   */
  lineId?: string
  /**
   * Item number.
   */
  sku?: string
  /**
   * How much was handed over.
   */
  delivered: number
  /**
   * How much was refused.
   */
  refused?: number
}

/**
 * A place where the shipment is picked up, delivered or brought back.
 */
export type Stop = {
  /**
   * Id of the stop.
   */
  stopId: string
  /**
   * Order of the stops of this shipment, from 1.
   */
  sequence: number
  /**
   * What happens there.
   */
  kind: 'pickup' | 'delivery' | 'return'
  /**
   * Who is there.
   */
  party: Party
  /**
   * When the party is there.
   */
  window?: TimeWindow
  /**
   * When the plan has the vehicle there.
   */
  plannedAt?: string
  /**
   * When the vehicle is expected there now.
   */
  eta?: string
  /**
   * When the vehicle arrived.
   */
  arrivedAt?: string
  /**
   * When the vehicle left, or the stop was completed.
   */
  departedAt?: string
}

/**
 * A courier's confirmation.
 */
export type Booking = {
  /**
   * Slug of the courier.
   */
  partner: string
  /**
   * The courier's id of the job.
   */
  bookingId: string
  /**
   * Under which the consignee can follow it.
   */
  trackingNumber?: string
  /**
   * The courier's own tracking page.
   */
  trackingUrl?: string
  /**
   * Where the label can be fetched.
   */
  labelUrl?: string
  /**
   * What the courier charges.
   */
  price?: Money
  /**
   * The courier's name for the service.
   */
  serviceName?: string
  /**
   * When the courier expected to be there when it confirmed; later forecasts are events.
   */
  eta?: string
  /**
   * When the courier confirmed.
   */
  bookedAt: string
  /**
   * Revision of the shipment that was booked; absent: the first.
   */
  revision?: number
  /**
   * Since when the courier is asked to forget it; what it tells from then on moves nothing.
   */
  calledOffAt?: string
}

/**
 * What the selection thought of one courier.
 */
export type Candidate = {
  /**
   * Slug of the courier.
   */
  partner: string
  /**
   * Could it have been chosen?
   */
  eligible: boolean
  /**
   * Why, or why not, for people.
   */
  reasons: string[]
  /**
   * What it was compared by; lower is better.
   */
  cost?: number
  /**
   * What it would cost, where that is an amount of money.
   */
  price?: Money
  /**
   * How that is known: asked of the courier, by its table of rates, its tariff, or an expression.
   */
  pricedBy?: 'quote' | 'rates' | 'tariff' | 'rule'
  /**
   * Of a thousand: how well it delivered lately.
   */
  score?: number
  /**
   * The row of the rules that led to it.
   */
  row?: string
  /**
   * Its place among those that could carry it, from 1.
   */
  rank?: number
  /**
   * Day on which it would be picked up, in the local time of the site.
   */
  pickUpOn?: string
  /**
   * Day on which it would be there.
   */
  arrivesOn?: string
}

/**
 * Which courier was chosen, and why.
 */
export type Selection = {
  /**
   * Slug of the chosen courier; absent: nobody could carry it.
   */
  partner?: string
  /**
   * The row of the rules that led to it.
   */
  row?: string
  /**
   * Every courier that was looked at.
   */
  explanation: Candidate[]
  /**
   * When.
   */
  chosenAt: string
  /**
   * The courier that had been chosen before and did not take it.
   */
  instead?: PassedOver
  /**
   * Revision of the shipment that it was made for; absent: the first.
   */
  revision?: number
}

/**
 * A courier that was chosen and did not take the shipment.
 */
export type PassedOver = {
  /**
   * Slug of the courier.
   */
  partner: string
  /**
   * It said no, or it could not be had.
   */
  outcome: 'refused' | 'unreachable'
  /**
   * Under which the outbox keeps what it said.
   */
  effectId?: string
  /**
   * Code of the failure.
   */
  code?: string
  /**
   * In its own words.
   */
  why?: string
  /**
   * When it said so.
   */
  at: string
}

/**
 * Where the shipment is in a planned route.
 */
export type RouteAssignment = {
  /**
   * Route.
   */
  routeId: string
  /**
   * Vehicle that drives it.
   */
  vehicleId?: string
  /**
   * Driver.
   */
  driverId?: string
  /**
   * Position of the delivery stop in the route, from 1.
   */
  sequence?: number
  /**
   * When the plan was made.
   */
  plannedAt: string
}

/**
 * What is known of the proof of delivery.
 */
export type PodReference = {
  /**
   * Proof in the vault; absent until it is kept.
   */
  podId?: string
  /**
   * When the courier first had a proof.
   */
  availableAt?: string
  /**
   * Event that announced it.
   */
  eventId?: string
}

/**
 * One event in the life of the shipment.
 */
export type TimelineEntry = {
  /**
   * Id of the event.
   */
  eventId: string
  /**
   * What happened.
   */
  type: EventType
  /**
   * When it happened.
   */
  occurredAt: string
  /**
   * When the hub was told.
   */
  receivedAt: string
  /**
   * Did it move the status when it was applied, or was it only noted?
   */
  outcome: 'moved' | 'noted'
  /**
   * In which order the events of this shipment came in, from 1.
   */
  sequence: number
  /**
   * Status before it was applied.
   */
  from: EventType
  /**
   * Status after it was applied.
   */
  to: EventType
  /**
   * Delivery attempt that it belongs to, from 1, as known now.
   */
  attempt: number
  /**
   * Attempt that the sender named.
   */
  statedAttempt?: number
  /**
   * What the code says of attempts: `new` begins one, `same` tells again of the newest and ends none.
   */
  attemptRule?: 'new' | 'same'
  /**
   * Version of the mapping that made it.
   */
  mappingVersion?: string
  /**
   * Progress that the event stands for; null: a side fact that never moves the status.
   */
  rank: number | null
  /**
   * By which way it came in.
   */
  source: EventSource
  /**
   * Slug of the partner that told it.
   */
  provider?: string
  /**
   * The partner's own code.
   */
  rawCode?: string
  /**
   * The partner's own words.
   */
  rawText?: string
  /**
   * Why.
   */
  reason?: Reason
  /**
   * How it was delivered.
   */
  variant?: Variant
  /**
   * Event that this one replaces.
   */
  corrects?: string
  /**
   * Where it happened.
   */
  location?: Location
  /**
   * Stop of the shipment that it is about.
   */
  stopSequence?: number
  /**
   * Arrival that it foretold.
   */
  eta?: string
  /**
   * How many pieces of proof came with it.
   */
  evidence?: number
}

/**
 * What left the warehouse of one line.
 */
export type ShippedLine = {
  /**
   * Number of the line within the order.
   */
  lineId: string
  /**
   * How much left the warehouse.
   */
  shipped: number
}

/**
 * How far the warehouse is with a shipment.
 */
export type Fulfilment = {
  /**
   * The warehouse system's number.
   */
  fulfilmentOrderId: string
  /**
   * Warehouse or plant.
   */
  warehouse: string
  /**
   * How far the warehouse is.
   */
  status: 'requested' | 'accepted' | 'picking' | 'packed' | 'short' | 'shipped' | 'cancelled'
  /**
   * What left the warehouse, line by line, once it has shipped.
   */
  lines?: ShippedLine[]
  /**
   * When the warehouse last said something.
   */
  updatedAt: string
}

/**
 * How a customer wants to be told of a delivery.
 */
export type NoticeWish = {
  /**
   * By which ways, the preferred one first; `none` alone for not at all.
   */
  channels: ('email' | 'sms' | 'none')[]
  /**
   * From when on no message is sent, by the customer's clock.
   */
  quietFrom?: string
  /**
   * Until when no message is sent, by the customer's clock.
   */
  quietUntil?: string
  /**
   * Of what; left out: of everything that the hub tells customers.
   */
  milestones?: ShipmentEventType[]
}

/**
 * Who orders: what the hub must know beyond a single order.
 */
export type Customer = {
  /**
   * The ERP's number of the business partner.
   */
  customerId: string
  /**
   * Name of the person or company.
   */
  name?: string
  /**
   * E-mail address.
   */
  email?: string
  /**
   * Telephone, preferably E.164.
   */
  phone?: string
  /**
   * Language of messages, such as en or de-AT.
   */
  language?: string
  /**
   * IANA zone in which the customer lives.
   */
  timeZone?: string
  /**
   * How the customer wants to be told.
   */
  notices?: NoticeWish
}

/**
 * What is sold: what the hub must know to have it carried.
 */
export type Item = {
  /**
   * Item number.
   */
  sku: string
  /**
   * What the item is called.
   */
  description?: string
  /**
   * Unit in which it is counted.
   */
  unit?: Unit
  /**
   * Gross weight of one unit.
   */
  weightKg?: number
  /**
   * Length, the longest side.
   */
  lengthCm?: number
  /**
   * Width.
   */
  widthCm?: number
  /**
   * Height.
   */
  heightCm?: number
  /**
   * Whether it is dangerous goods.
   */
  hazardous?: boolean
  /**
   * Whether it may be sent back; left out: it may.
   */
  returnable?: boolean
}

/**
 * What a service level promises.
 */
export type ServiceTerms = {
  /**
   * The service level.
   */
  serviceLevel: ServiceLevel
  /**
   * Working days from the release to the delivery; 0: on the same day.
   */
  transitDays: number
  /**
   * What is released later counts for the next working day.
   */
  cutOff?: string
  /**
   * Earliest delivery of the day.
   */
  deliverFrom?: string
  /**
   * Latest delivery of the day; left out: 20:00.
   */
  deliverUntil?: string
  /**
   * IANA zone of these times; left out: UTC.
   */
  timeZone?: string
}

/**
 * A system's own code for a reason.
 */
export type ReasonCode = {
  /**
   * Slug of the partner whose code it is, or `hub` for a code of the company.
   */
  system: string
  /**
   * The code as the system writes it.
   */
  code: string
  /**
   * What it means.
   */
  reason: Reason
  /**
   * In words, for people.
   */
  label?: string
}

/**
 * A problem of the shipment that customer service has a case for.
 */
export type CaseReference = {
  /**
   * The CRM's number of the case.
   */
  caseId: string
  /**
   * What it is about; of each kind one is open at most.
   */
  kind:
    | 'failed_attempt'
    | 'delay'
    | 'damage'
    | 'loss'
    | 'address'
    | 'refusal'
    | 'short'
    | 'customs'
    | 'pod_missing'
    | 'silent'
    | 'rejected'
    | 'other'
  /**
   * Is it solved?
   */
  status: 'open' | 'solved'
  /**
   * Event, or breach, for which it was opened.
   */
  cause?: string
  /**
   * When it was noted.
   */
  openedAt?: string
  /**
   * When it was noted as solved.
   */
  closedAt?: string
}

/**
 * Why a shipment waits before a courier is booked.
 */
export type Hold = {
  /**
   * What it waits for: the ERP's credit department, somebody who knows the address, or the data.
   */
  reason: 'credit' | 'address' | 'data'
  /**
   * In the words of whoever held it.
   */
  detail?: string
  /**
   * Since when.
   */
  since: string
}

/**
 * Which of the shipments of one order it is.
 */
export type ShipmentPart = {
  /**
   * The ERP's id of the part.
   */
  partId: string
  /**
   * Its place among the parts, from 1.
   */
  number: number
  /**
   * How many parts the order has.
   */
  of: number
}

/**
 * What leaves one place together: it becomes a shipment of its own.
 */
export type OrderPart = {
  /**
   * Id of the part within the order.
   */
  partId: string
  /**
   * The ERP's number of its outbound delivery.
   */
  deliveryDocument?: string
  /**
   * Who sends it; the order's when left out.
   */
  consignor?: Party
  /**
   * Its handling units, out of the order's.
   */
  packageIds: string[]
  /**
   * What is in it.
   */
  lines: PartLine[]
}

/**
 * How much of a line of the order goes with a part.
 */
export type PartLine = {
  /**
   * Number of the line within the order.
   */
  lineId: string
  /**
   * How much of it.
   */
  quantity: number
}

/**
 * A customer case about a shipment, mirrored in the CRM.
 */
export type Case = {
  /**
   * Id of the case.
   */
  caseId: string
  /**
   * Shipment concerned.
   */
  shipmentId: string
  /**
   * What it is about.
   */
  kind:
    | 'failed_attempt'
    | 'delay'
    | 'damage'
    | 'loss'
    | 'address'
    | 'refusal'
    | 'short'
    | 'customs'
    | 'pod_missing'
    | 'silent'
    | 'rejected'
    | 'other'
  /**
   * Is it solved?
   */
  status: 'open' | 'solved'
  /**
   * The CRM's number.
   */
  externalId?: string
  /**
   * Why.
   */
  reason?: Reason
  /**
   * What an agent reads first.
   */
  subject: string
  /**
   * When it was opened.
   */
  openedAt: string
  /**
   * When it was solved.
   */
  closedAt?: string
}

/**
 * What somebody asks to be paid for a shipment.
 */
export type Charge = {
  /**
   * The biller's id of the position, or the hub's.
   */
  chargeId: string
  /**
   * Shipment that it is for.
   */
  shipmentId: string
  /**
   * The ERP's order.
   */
  orderId?: string
  /**
   * The biller's invoice.
   */
  invoice?: string
  /**
   * How many positions the invoice has: it is paid when all of them are there.
   */
  invoiceLines?: number
  /**
   * What it is for.
   */
  kind:
    | 'freight'
    | 'fuel'
    | 'surcharge'
    | 'waiting'
    | 'redelivery'
    | 'return'
    | 'customs'
    | 'insurance'
    | 'cod_fee'
    | 'tax'
    | 'other'
  /**
   * How much; negative for a credit.
   */
  amount: SignedMoney
  /**
   * What the booking said.
   */
  expected?: Money
  /**
   * Slug of the partner that asks for it.
   */
  chargedBy: string
  /**
   * Was it checked?
   */
  status: 'expected' | 'received' | 'matched' | 'disputed' | 'credited'
  /**
   * When it was asked for.
   */
  chargedAt: string
}

/**
 * CloudEvents 1.0 envelope in which everything canonical travels; `data` is checked against the schema that `dataschema` names.
 */
export type CloudEventAttributes = {
  /**
   * Version of CloudEvents.
   */
  specversion: '1.0'
  /**
   * Id of the event, unique for its source.
   */
  id: string
  /**
   * Where it comes from: /partners/<slug>, or /hub.
   */
  source: string
  /**
   * Canonical event type.
   */
  type: string
  /**
   * The shipment as the sender names it, or the id of what it is about.
   */
  subject: string
  /**
   * When it happened.
   */
  time: string
  /**
   * Media type of the data.
   */
  datacontenttype: 'application/json'
  /**
   * Schema of the data.
   */
  dataschema: string
  /**
   * One id from the order to the invoice.
   */
  correlationid: string
  /**
   * Id of what made this happen.
   */
  causationid?: string
  /**
   * W3C trace context.
   */
  traceparent?: string
  /**
   * Place in the order of the events of its subject.
   */
  sequence?: string
  /**
   * The canonical document itself.
   */
  data: {
    [k: string]: unknown
  }
}

/**
 * One thing that happened to one shipment, in the hub's own words: the `data` of a CloudEvent.
 */
export type DeliveryEvent = {
  /**
   * Id of the event, derived from what was received: the same message always gives the same.
   */
  eventId: string
  /**
   * What happened.
   */
  type: EventType
  /**
   * Shipment, once the hub knows it.
   */
  shipmentId?: string
  /**
   * How the sender names the shipment.
   */
  shipmentRef: Reference
  /**
   * Stop of the shipment that it is about, from 1.
   */
  stopSequence?: number
  /**
   * When it happened.
   */
  occurredAt: string
  /**
   * When the hub was told.
   */
  receivedAt: string
  /**
   * By which way it came in.
   */
  source: EventSource
  /**
   * Slug of the partner that told it.
   */
  provider: string
  /**
   * The partner's own code, also when no table knows it.
   */
  rawCode: string
  /**
   * The partner's own words.
   */
  rawText?: string
  /**
   * Why.
   */
  reason?: Reason
  /**
   * How it was delivered.
   */
  variant?: Variant
  /**
   * Delivery attempt that the sender names, from 1.
   */
  attempt?: number
  /**
   * What the code says of attempts: `new` begins one, `same` tells again of the newest and ends none.
   */
  attemptRule?: 'new' | 'same'
  /**
   * Does somebody have to do something?
   */
  actionRequired?: boolean
  /**
   * How bad it is.
   */
  severity?: 'low' | 'medium' | 'high' | 'critical'
  /**
   * Where it happened.
   */
  location?: Location
  /**
   * Proof that came with it.
   */
  evidence?: Evidence[]
  /**
   * When the shipment is expected now.
   */
  eta?: string
  /**
   * What became of each line, where the delivery was not whole.
   */
  lines?: DeliveredLine[]
  /**
   * Id of an earlier event that this one replaces: the earlier one no longer counts, whatever its rank.
   */
  corrects?: string
  /**
   * Business key under which a second report of the same thing is recognised.
   */
  dedupKey: string
  /**
   * Version of the partner's template that made it.
   */
  mappingVersion: string
}

/**
 * A person who drives.
 */
export type Driver = {
  /**
   * Number of the driver.
   */
  driverId: string
  /**
   * Name.
   */
  name: string
  /**
   * Telephone, preferably E.164.
   */
  phone?: string
  /**
   * E-mail address.
   */
  email?: string
  /**
   * Slug of the partner that employs the driver.
   */
  carrier?: string
  /**
   * Vehicle driven now.
   */
  vehicleId?: string
  /**
   * What the driver may do: dangerous goods, two-man handling …
   */
  skills?: string[]
  /**
   * Is the driver on duty?
   */
  active?: boolean
}

/**
 * Something that did not go as planned and that somebody, or a flow, must resolve.
 */
export type Exception = {
  /**
   * Id of the exception.
   */
  exceptionId: string
  /**
   * Shipment concerned.
   */
  shipmentId: string
  /**
   * Event that raised it.
   */
  eventId?: string
  /**
   * What went wrong.
   */
  kind:
    | 'failed_attempt'
    | 'delay'
    | 'damage'
    | 'loss'
    | 'address'
    | 'refusal'
    | 'short'
    | 'customs'
    | 'pod_missing'
    | 'silent'
    | 'rejected'
    | 'other'
  /**
   * Why.
   */
  reason?: Reason
  /**
   * How bad it is.
   */
  severity: 'low' | 'medium' | 'high' | 'critical'
  /**
   * Is it being dealt with?
   */
  status: 'open' | 'acknowledged' | 'resolved'
  /**
   * Customer case that deals with it.
   */
  caseId?: string
  /**
   * When it was noticed.
   */
  openedAt: string
  /**
   * When it was over.
   */
  resolvedAt?: string
  /**
   * How it ended.
   */
  resolution?: string
}

/**
 * What a warehouse was asked to pick and pack, and how far it got.
 */
export type FulfilmentOrder = {
  /**
   * The warehouse system's number, or the hub's until it has one.
   */
  fulfilmentOrderId: string
  /**
   * The ERP's order.
   */
  orderId: string
  /**
   * The ERP's outbound delivery, which tells the parts of a split order apart.
   */
  deliveryDocument?: string
  /**
   * Shipment that it fills.
   */
  shipmentId: string
  /**
   * Warehouse or plant.
   */
  warehouse: string
  /**
   * How far the warehouse is.
   */
  status: 'requested' | 'accepted' | 'picking' | 'packed' | 'short' | 'shipped' | 'cancelled'
  /**
   * What to pick; empty where a message tells of the whole order only.
   */
  lines: FulfilmentLine[]
  /**
   * What it was packed into.
   */
  packages?: Package[]
  /**
   * When the warehouse last said something.
   */
  updatedAt: string
}
export type FulfilmentLine = {
  /**
   * Number of the line within the order.
   */
  lineId: string
  /**
   * Item number.
   */
  sku: string
  /**
   * How much was asked for.
   */
  ordered: number
  /**
   * How much was picked.
   */
  picked?: number
  /**
   * How much left the warehouse.
   */
  shipped?: number
  /**
   * Unit of the quantities.
   */
  unit: Unit
}

/**
 * How much of an item a warehouse has.
 */
export type InventoryPosition = {
  /**
   * Warehouse or plant.
   */
  warehouse: string
  /**
   * Item number.
   */
  sku: string
  /**
   * Batch.
   */
  lot?: string
  /**
   * Unit of the quantities.
   */
  unit: Unit
  /**
   * How much is there; negative when more was shipped than booked in.
   */
  onHand: number
  /**
   * How much of it is promised to orders.
   */
  allocated?: number
  /**
   * How much can still be promised.
   */
  available?: number
  /**
   * How much is on its way in.
   */
  onOrder?: number
  /**
   * When it was counted.
   */
  asOf: string
}

/**
 * Master data that are taken in together, or not at all.
 */
export type MasterBatch = {
  /**
   * Id under which its import can be asked for; left out: that of the message it came with.
   */
  batchId?: string
  /**
   * Customers.
   */
  customers?: Customer[]
  /**
   * Items.
   */
  items?: Item[]
  /**
   * Service levels.
   */
  serviceLevels?: ServiceTerms[]
  /**
   * Reason codes.
   */
  reasonCodes?: ReasonCode[]
}

/**
 * A customer's order that the ERP has released for delivery: what starts everything.
 */
export type Order = {
  /**
   * Version of this schema that the document follows.
   */
  schemaVersion: '1.0'
  /**
   * The ERP's number of the order.
   */
  orderId: string
  /**
   * The ERP's number of the outbound delivery.
   */
  deliveryDocument?: string
  /**
   * When the ERP released it.
   */
  releasedAt: string
  /**
   * When the ERP changed it last: an order that names a later time than the one known is a change of it.
   */
  changedAt?: string
  /**
   * How fast it must be there.
   */
  serviceLevel: ServiceLevel
  /**
   * Who sends the goods.
   */
  consignor: Party
  /**
   * Who receives them.
   */
  consignee: Party
  /**
   * What was ordered.
   */
  lines: Line[]
  /**
   * How it is packed, as far as known at release.
   */
  packages: Package[]
  /**
   * Where it leaves in several shipments: together they hold each package once and each line's whole quantity.
   */
  parts?: OrderPart[]
  /**
   * When the consignee was promised to have it.
   */
  promise?: TimeWindow
  /**
   * Set while the ERP wants it to wait; a change without it lets it go.
   */
  hold?: {
    /**
     * Why.
     */
    reason: 'credit'
    /**
     * In the ERP's words.
     */
    detail?: string
  }
  /**
   * Value of the goods, for insurance and customs.
   */
  goodsValue?: Money
  /**
   * What the driver must collect.
   */
  cashOnDelivery?: Money
  /**
   * Other ids under which people know the order.
   */
  references?: Reference[]
  /**
   * What the recipient tells the driver: a proof with another PIN is none.
   */
  deliveryPin?: string
  /**
   * Words that rules go by: the sales channel, a class of customer.
   */
  tags?: string[]
  /**
   * Free text for the people who handle it.
   */
  notes?: string
}

/**
 * Where a vehicle was at one moment.
 */
export type Position = {
  /**
   * Vehicle.
   */
  vehicleId: string
  /**
   * Device that reported.
   */
  deviceId: string
  /**
   * When it was there, by the clock of the device.
   */
  at: string
  /**
   * Latitude, north positive (WGS 84).
   */
  lat: number
  /**
   * Longitude, east positive (WGS 84).
   */
  lon: number
  /**
   * Speed.
   */
  speedKmh?: number
  /**
   * Direction of travel, clockwise from north.
   */
  headingDeg?: number
  /**
   * Radius within which it really was.
   */
  accuracyM?: number
  /**
   * Height above sea level.
   */
  altitudeM?: number
  /**
   * Distance that the vehicle has ever driven.
   */
  odometerKm?: number
  /**
   * Is the engine on?
   */
  ignition?: boolean
  /**
   * Charge of the device.
   */
  batteryPercent?: number
  /**
   * What looks wrong with it; a flagged position is kept but decides nothing.
   */
  flags?: ('time.past' | 'time.future' | 'location.null_island' | 'location.swapped' | 'location.far')[]
  /**
   * Slug of the telematics partner.
   */
  provider: string
  /**
   * When the hub was told.
   */
  receivedAt: string
}

/**
 * What proves that the goods were handed over, kept in the vault.
 */
export type ProofOfDelivery = {
  /**
   * Id of the proof.
   */
  podId: string
  /**
   * Shipment that it proves.
   */
  shipmentId: string
  /**
   * Event that announced it.
   */
  eventId: string
  /**
   * How it was delivered.
   */
  variant: Variant
  /**
   * Who signed.
   */
  signedBy?: string
  /**
   * When the goods were handed over.
   */
  deliveredAt: string
  /**
   * The pieces of proof.
   */
  evidence: KeptEvidence[]
  /**
   * What became of each line.
   */
  lines?: DeliveredLine[]
  /**
   * When it was put into the vault.
   */
  keptAt: string
}

/**
 * Goods on their way back.
 */
export type ReturnOrder = {
  /**
   * The ERP's number of the return, or the hub's until it has one.
   */
  returnOrderId: string
  /**
   * Order that is returned.
   */
  orderId: string
  /**
   * Shipment that brought the goods.
   */
  shipmentId?: string
  /**
   * Shipment that brings them back.
   */
  returnShipmentId?: string
  /**
   * Why there is a return.
   */
  kind: 'refused' | 'undeliverable' | 'partial' | 'customer' | 'damaged'
  /**
   * How far it is.
   */
  status: 'requested' | 'approved' | 'in_transit' | 'received' | 'inspected' | 'credited' | 'rejected' | 'cancelled'
  /**
   * Why.
   */
  reason?: Reason
  /**
   * Why the warehouse did not take the goods in.
   */
  refusal?: string
  /**
   * What comes back.
   */
  lines: ReturnLine[]
  /**
   * Who sends the goods back.
   */
  from?: Party
  /**
   * Where the return label can be fetched.
   */
  labelUrl?: string
  /**
   * Slug of the courier that brings the goods back.
   */
  carrier?: string
  /**
   * Under which the way back can be followed.
   */
  trackingNumber?: string
  /**
   * The warehouse's number of the receipt.
   */
  receiptId?: string
  /**
   * What the customer gets back.
   */
  credit?: Money
  /**
   * The ERP's document of the credit.
   */
  creditDocument?: string
  /**
   * When the return was asked for.
   */
  requestedAt: string
  /**
   * When the warehouse had it.
   */
  receivedAt?: string
}
export type ReturnLine = {
  /**
   * Number of the line within the order.
   */
  lineId: string
  /**
   * Item number.
   */
  sku: string
  /**
   * How much is expected back.
   */
  quantity: number
  /**
   * How much came back.
   */
  received?: number
  /**
   * Unit of the quantities.
   */
  unit: Unit
  /**
   * State of what came back.
   */
  condition?: 'new' | 'opened' | 'damaged' | 'unusable'
  /**
   * How the warehouse graded it: A as new, B to be sold for less, scrap not to be sold again.
   */
  grade?: 'A' | 'B' | 'scrap'
}

/**
 * What the warehouse found when a return arrived.
 */
export type ReturnReceipt = {
  /**
   * The warehouse's number of the receipt.
   */
  receiptId: string
  /**
   * Return that it is about, as the hub named it to the warehouse.
   */
  returnOrderId: string
  /**
   * Warehouse or plant.
   */
  warehouse?: string
  /**
   * Whether the goods were taken in.
   */
  outcome: 'received' | 'refused'
  /**
   * Why not, or what else the warehouse says.
   */
  note?: string
  /**
   * What was in it.
   */
  lines: ReceivedLine[]
  /**
   * When the warehouse had it.
   */
  receivedAt: string
}
export type ReceivedLine = {
  /**
   * Item number.
   */
  sku: string
  /**
   * How much came back.
   */
  received: number
  /**
   * A as new, B to be sold for less, scrap not to be sold again.
   */
  grade?: 'A' | 'B' | 'scrap'
}

/**
 * The stops that one vehicle drives, in order.
 */
export type Route = {
  /**
   * The planner's id of the route.
   */
  routeId: string
  /**
   * Day on which it is driven, in the time zone of the depot.
   */
  date: string
  /**
   * How far it is.
   */
  status: 'planned' | 'released' | 'started' | 'completed' | 'cancelled'
  /**
   * Vehicle that drives it.
   */
  vehicleId?: string
  /**
   * Driver.
   */
  driverId?: string
  /**
   * Where it starts.
   */
  depot?: Party
  /**
   * Planned start.
   */
  startsAt?: string
  /**
   * Planned end.
   */
  endsAt?: string
  /**
   * Planned distance.
   */
  distanceKm?: number
  /**
   * Planned time under way, stops included.
   */
  durationMin?: number
  /**
   * The stops in the order in which they are driven.
   */
  stops: RouteStop[]
  /**
   * When the plan was made.
   */
  plannedAt: string
}
export type RouteStop = {
  /**
   * Position in the route, from 1.
   */
  sequence: number
  /**
   * Shipment that is handled there.
   */
  shipmentId?: string
  /**
   * The ERP's delivery, by which the planner knows it.
   */
  deliveryDocument?: string
  /**
   * What happens there.
   */
  kind: 'pickup' | 'delivery' | 'return' | 'depot' | 'break'
  /**
   * Where it is.
   */
  location?: Location
  /**
   * When the party is there.
   */
  window?: TimeWindow
  /**
   * When the vehicle is planned to arrive.
   */
  plannedAt?: string
  /**
   * When it is expected now.
   */
  eta?: string
  /**
   * Planned time at the stop.
   */
  serviceMin?: number
}

/**
 * What the hub tells the ERP about the money of a delivery: release, hold or correct the invoice; pay the courier; expect the cash.
 */
export type Settlement = {
  /**
   * Id of the settlement.
   */
  settlementId: string
  /**
   * Shipment that is settled.
   */
  shipmentId: string
  /**
   * The ERP's order.
   */
  orderId: string
  /**
   * The ERP's invoice to the customer.
   */
  invoice?: string
  /**
   * Where the money stands.
   */
  status: 'pending' | 'held' | 'released' | 'corrected' | 'settled' | 'disputed'
  /**
   * Proof that allowed the release.
   */
  podId?: string
  /**
   * Why it is held.
   */
  holdReason?: Reason
  /**
   * Charges that belong to it.
   */
  charges: string[]
  /**
   * All charges together.
   */
  freightTotal?: SignedMoney
  /**
   * What the driver collected.
   */
  cashCollected?: Money
  /**
   * What the customer gets back for lines that were refused or missing.
   */
  creditDue?: Money
  /**
   * When it last changed.
   */
  updatedAt: string
}

/**
 * The journey of an order to its consignee: the document that everybody looks at.
 */
export type Shipment = {
  /**
   * Version of this schema that the document follows.
   */
  schemaVersion: '1.0'
  /**
   * Id of the shipment, derived from the order.
   */
  shipmentId: string
  /**
   * The ERP's order.
   */
  orderId: string
  /**
   * The ERP's outbound delivery.
   */
  deliveryDocument?: string
  /**
   * Where the order leaves in several shipments.
   */
  part?: ShipmentPart
  /**
   * Which version of the order it follows; absent: the first. Choices and bookings made for an earlier one do not stand.
   */
  revision?: number
  /**
   * When the ERP changed the order that it follows.
   */
  changedAt?: string
  /**
   * Return that the shipment brings back; absent for what goes out.
   */
  returnOrderId?: string
  /**
   * The furthest event so far.
   */
  status: ShipmentEventType
  /**
   * When that event happened.
   */
  statusAt: string
  /**
   * Which event that was.
   */
  statusEventId?: string
  /**
   * Delivery attempt that the status belongs to, from 1.
   */
  attempt: number
  /**
   * Progress of the status within its attempt.
   */
  rank: number
  /**
   * How many events have been applied.
   */
  sequence: number
  /**
   * How fast it must be there.
   */
  serviceLevel: ServiceLevel
  /**
   * Who sends the goods.
   */
  consignor: Party
  /**
   * Who receives them.
   */
  consignee: Party
  /**
   * Handling units.
   */
  packages: Package[]
  /**
   * What is in it.
   */
  lines: Line[]
  /**
   * Where it is picked up, delivered or brought back.
   */
  stops: Stop[]
  /**
   * Every id under which somebody knows it.
   */
  references: Reference[]
  /**
   * When the consignee was promised to have it.
   */
  promise?: TimeWindow
  /**
   * Why no courier is booked yet.
   */
  holds?: Hold[]
  /**
   * Value of the goods.
   */
  goodsValue?: Money
  /**
   * What the driver must collect.
   */
  cashOnDelivery?: Money
  /**
   * What the recipient tells the driver: a proof with another PIN is none.
   */
  deliveryPin?: string
  /**
   * Words that rules go by: the sales channel, a class of customer.
   */
  tags?: string[]
  /**
   * When it is expected now.
   */
  eta?: string
  /**
   * The courier's confirmation.
   */
  booking?: Booking
  /**
   * Bookings that were called off, oldest first.
   */
  formerBookings?: Booking[]
  /**
   * How far the warehouse is.
   */
  fulfilment?: Fulfilment
  /**
   * Which courier was chosen, and why.
   */
  selection?: Selection
  /**
   * The choices before that one, oldest first.
   */
  formerSelections?: Selection[]
  /**
   * Where it is in a planned route.
   */
  route?: RouteAssignment
  /**
   * What is known of the proof of delivery.
   */
  proofOfDelivery?: PodReference
  /**
   * The open customer case; of several the newest.
   */
  caseId?: string
  /**
   * Its problems that customer service has, or had, a case for.
   */
  cases?: CaseReference[]
  /**
   * Unguessable part of the customer's tracking address: whoever has it may ask for another window in the customer's name.
   */
  trackingToken: string
  /**
   * One id from the order to the invoice.
   */
  correlationId: string
  /**
   * When the hub made it.
   */
  createdAt: string
  /**
   * When it last changed.
   */
  updatedAt: string
  /**
   * Every event, by when it happened.
   */
  timeline: TimelineEntry[]
}

/**
 * A change of stock that no delivery explains.
 */
export type StockAdjustment = {
  /**
   * Id of the change: the warehouse's, or the hub's for a difference that somebody has accepted.
   */
  adjustmentId: string
  /**
   * Warehouse or plant.
   */
  warehouse: string
  /**
   * Item number.
   */
  sku: string
  /**
   * Unit of the quantities.
   */
  unit: Unit
  /**
   * By how much the stock changed; negative for less.
   */
  quantity: number
  /**
   * Why.
   */
  reason: 'counted' | 'found' | 'lost' | 'damaged' | 'returned' | 'other'
  /**
   * How much there is afterwards.
   */
  onHand?: number
  /**
   * The warehouse's own words.
   */
  note?: string
  /**
   * When it was changed.
   */
  occurredAt: string
}

/**
 * A vehicle that carries shipments.
 */
export type Vehicle = {
  /**
   * Number of the vehicle in the fleet.
   */
  vehicleId: string
  /**
   * Licence plate.
   */
  plate?: string
  /**
   * What it is.
   */
  kind: 'bicycle' | 'cargo_bike' | 'scooter' | 'car' | 'van' | 'truck' | 'trailer' | 'other'
  /**
   * Telematics devices that report for it.
   */
  deviceIds?: string[]
  /**
   * Slug of the partner that runs it.
   */
  carrier?: string
  /**
   * How much it may carry.
   */
  capacityKg?: number
  /**
   * How much room it has.
   */
  capacityM3?: number
  /**
   * What it can do: cold chain, tail lift …
   */
  features?: string[]
  /**
   * Is it in service?
   */
  active?: boolean
}
