import type { EventType } from '../canonical/index.ts'

export type Language = 'en' | 'de'

interface Words {
  title: string
  order: string
  carrier: string
  trackingNumber: string
  expected: string
  promised: string
  progress: string
  history: string
  deliveredTo: string
  signed: string
  courierPage: string
  missing: string
  missingHelp: string
  local: string
  steps: [string, string, string, string]
  statuses: Partial<Record<EventType, string>>
  variants: Record<string, string>
}

/** What a consignee is told, in plain words; an event without words here is not shown to them. */
export const WORDS: Readonly<Record<Language, Words>> = {
  en: {
    title: 'Your delivery',
    order: 'Order',
    carrier: 'Carrier',
    trackingNumber: 'Tracking number',
    expected: 'Expected',
    promised: 'Promised by',
    progress: 'Progress',
    history: 'What has happened',
    deliveredTo: 'Delivered to',
    signed: 'A proof of delivery is on file.',
    courierPage: 'Follow it at the carrier',
    missing: 'We cannot find this delivery',
    missingHelp:
      'The address may be incomplete. Please open the link from your message again, or ask the shop that sent it.',
    local: 'Times are local to the place of delivery',
    steps: ['Ordered', 'Picked up', 'On the way to you', 'Delivered'],
    statuses: {
      'shipment.created': 'We are preparing your delivery',
      'carrier.info_received': 'The carrier knows about your parcel',
      'carrier.rejected': 'We are looking for another carrier',
      'courier.assigned': 'A courier has been assigned',
      'pickup.scheduled': 'The pick-up is scheduled',
      'pickup.en_route': 'The courier is on the way to the sender',
      'pickup.arrived': 'The courier is at the sender',
      'pickup.failed': 'The pick-up did not work; we are trying again',
      'pickup.completed': 'The courier has your parcel',
      'transit.departed': 'Your parcel has left a depot',
      'transit.arrived': 'Your parcel has reached a depot',
      'transit.moving': 'Your parcel is on its way',
      'transit.handover': 'Your parcel was handed to another carrier',
      'transit.delayed': 'Your parcel is delayed',
      'transit.rerouted': 'Your parcel takes another route',
      'customs.started': 'Your parcel is with customs',
      'customs.held': 'Customs is holding your parcel',
      'customs.cleared': 'Customs has released your parcel',
      'shipment.held': 'Your parcel is on hold',
      'delivery.scheduled': 'Your delivery is scheduled',
      'delivery.out_for_delivery': 'Your parcel is out for delivery',
      'delivery.approaching': 'The courier is almost there',
      'delivery.arrived': 'The courier is at the door',
      'delivery.attempt_failed': 'The courier could not deliver',
      'delivery.ready_for_collection': 'Your parcel is ready to be collected',
      'delivery.completed': 'Your parcel was delivered',
      'delivery.failed': 'Your parcel could not be delivered',
      'return.started': 'Your parcel is going back to the sender',
      'return.completed': 'Your parcel is back with the sender',
      'shipment.damaged': 'Your parcel was reported as damaged',
      'shipment.lost': 'Your parcel cannot be found',
      'shipment.cancelled': 'This delivery was cancelled',
    },
    variants: {
      recipient: 'the recipient',
      neighbour: 'a neighbour',
      safe_place: 'a safe place',
      locker: 'a parcel locker',
      mailroom: 'the mailroom',
      po_box: 'a PO box',
      partial: 'the recipient, in part',
      damaged: 'the recipient, damaged',
      cod_paid: 'the recipient, paid on delivery',
    },
  },
  de: {
    title: 'Ihre Lieferung',
    order: 'Bestellung',
    carrier: 'Zusteller',
    trackingNumber: 'Sendungsnummer',
    expected: 'Voraussichtlich',
    promised: 'Zugesagt bis',
    progress: 'Fortschritt',
    history: 'Verlauf',
    deliveredTo: 'Zugestellt an',
    signed: 'Ein Zustellnachweis liegt vor.',
    courierPage: 'Beim Zusteller verfolgen',
    missing: 'Diese Lieferung ist nicht zu finden',
    missingHelp:
      'Die Adresse ist vielleicht unvollständig. Bitte öffnen Sie den Link aus Ihrer Nachricht noch einmal, oder fragen Sie den Händler.',
    local: 'Zeiten gelten am Ort der Zustellung',
    steps: ['Bestellt', 'Abgeholt', 'Unterwegs zu Ihnen', 'Zugestellt'],
    statuses: {
      'shipment.created': 'Wir bereiten Ihre Lieferung vor',
      'carrier.info_received': 'Der Zusteller kennt Ihre Sendung',
      'carrier.rejected': 'Wir suchen einen anderen Zusteller',
      'courier.assigned': 'Ein Kurier ist eingeteilt',
      'pickup.scheduled': 'Die Abholung ist geplant',
      'pickup.en_route': 'Der Kurier fährt zum Absender',
      'pickup.arrived': 'Der Kurier ist beim Absender',
      'pickup.failed': 'Die Abholung gelang nicht; wir versuchen es erneut',
      'pickup.completed': 'Der Kurier hat Ihre Sendung',
      'transit.departed': 'Ihre Sendung hat ein Depot verlassen',
      'transit.arrived': 'Ihre Sendung ist in einem Depot angekommen',
      'transit.moving': 'Ihre Sendung ist unterwegs',
      'transit.handover': 'Ein anderer Zusteller hat übernommen',
      'transit.delayed': 'Ihre Sendung verspätet sich',
      'transit.rerouted': 'Ihre Sendung nimmt einen anderen Weg',
      'customs.started': 'Ihre Sendung ist beim Zoll',
      'customs.held': 'Der Zoll hält Ihre Sendung zurück',
      'customs.cleared': 'Der Zoll hat Ihre Sendung freigegeben',
      'shipment.held': 'Ihre Sendung wird zurückgehalten',
      'delivery.scheduled': 'Ihre Zustellung ist geplant',
      'delivery.out_for_delivery': 'Ihre Sendung ist in Zustellung',
      'delivery.approaching': 'Der Kurier ist gleich da',
      'delivery.arrived': 'Der Kurier ist an der Tür',
      'delivery.attempt_failed': 'Die Zustellung gelang nicht',
      'delivery.ready_for_collection': 'Ihre Sendung liegt zur Abholung bereit',
      'delivery.completed': 'Ihre Sendung wurde zugestellt',
      'delivery.failed': 'Ihre Sendung konnte nicht zugestellt werden',
      'return.started': 'Ihre Sendung geht an den Absender zurück',
      'return.completed': 'Ihre Sendung ist wieder beim Absender',
      'shipment.damaged': 'Ihre Sendung wurde als beschädigt gemeldet',
      'shipment.lost': 'Ihre Sendung ist nicht auffindbar',
      'shipment.cancelled': 'Diese Lieferung wurde storniert',
    },
    variants: {
      recipient: 'den Empfänger',
      neighbour: 'einen Nachbarn',
      safe_place: 'Ablageort',
      locker: 'Paketstation',
      mailroom: 'Poststelle',
      po_box: 'Postfach',
      partial: 'den Empfänger, teilweise',
      damaged: 'den Empfänger, beschädigt',
      cod_paid: 'den Empfänger, bei Zustellung bezahlt',
    },
  },
}
