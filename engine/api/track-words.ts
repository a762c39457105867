import type { EventType } from '../canonical/index.ts'

export type Language = 'en' | 'de'

export const LOCALES: Readonly<Record<Language, string>> = { en: 'en-GB', de: 'de-DE' }

interface Words {
  title: string
  order: string
  carrier: string
  trackingNumber: string
  expected: string
  promised: string
  by: string
  at: string
  progress: string
  history: string
  deliveredTo: string
  signed: string
  courierPage: string
  missing: string
  missingHelp: string
  local: string
  busy: string
  busyHelp: string
  /** Name of the part of the page with what can be asked for. */
  wishes: string
  another: string
  choose: string
  ask: string
  safePlace: string
  where: string
  tell: string
  /** After a wish: the courier is asked; too late; not understood; nobody takes it now. */
  said: Record<'asked' | 'late' | 'unclear' | 'closed', string>
  map: string
  north: string
  away: (distance: string, direction: string) => string
  under: (distance: string) => string
  seen: string
  /** From north, clockwise. */
  directions: string[]
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
    promised: 'Promised for',
    by: 'by',
    at: 'On',
    progress: 'Progress',
    history: 'What has happened',
    deliveredTo: 'Delivered to',
    signed: 'A proof of delivery is on file.',
    courierPage: 'Follow it at the carrier',
    missing: 'We cannot find this delivery',
    missingHelp:
      'The address may be incomplete. Please open the link from your message again, or ask the shop that sent it.',
    local: 'Times are local to the place of delivery',
    busy: 'Too many requests',
    busyHelp: 'Please wait a minute, then open the page again.',
    wishes: 'What you can change',
    another: 'Another time suits you better?',
    choose: 'When may we come?',
    ask: 'Ask for this time',
    safePlace: 'Not at home? Name a safe place',
    where: 'Where may we leave it? (seen by the courier only)',
    tell: 'Tell the courier',
    said: {
      asked: 'We have passed it on to the carrier. As soon as it agrees, you will see it here.',
      late: 'It is too late to change this delivery.',
      unclear: 'That could not be used. Please choose one of the times, or name a place in one line.',
      closed: 'This cannot be changed here at the moment. Please try again later.',
    },
    map: 'How far away the courier is',
    north: 'north',
    away: (distance, direction) => `The courier is about ${distance} ${direction} of you.`,
    under: (distance) => `less than ${distance}`,
    seen: 'Seen',
    directions: ['north', 'north-east', 'east', 'south-east', 'south', 'south-west', 'west', 'north-west'],
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
    promised: 'Zugesagt für',
    by: 'bis',
    at: 'Am',
    progress: 'Fortschritt',
    history: 'Verlauf',
    deliveredTo: 'Zugestellt an',
    signed: 'Ein Zustellnachweis liegt vor.',
    courierPage: 'Beim Zusteller verfolgen',
    missing: 'Diese Lieferung ist nicht zu finden',
    missingHelp:
      'Die Adresse ist vielleicht unvollständig. Bitte öffnen Sie den Link aus Ihrer Nachricht noch einmal, oder fragen Sie den Händler.',
    local: 'Zeiten gelten am Ort der Zustellung',
    busy: 'Zu viele Anfragen',
    busyHelp: 'Bitte warten Sie eine Minute und öffnen Sie die Seite dann noch einmal.',
    wishes: 'Was Sie ändern können',
    another: 'Passt eine andere Zeit besser?',
    choose: 'Wann dürfen wir kommen?',
    ask: 'Diese Zeit wünschen',
    safePlace: 'Nicht zu Hause? Ablageort nennen',
    where: 'Wo dürfen wir es ablegen? (sieht nur der Zusteller)',
    tell: 'Dem Zusteller sagen',
    said: {
      asked: 'Wir haben es an den Zusteller weitergegeben. Sobald er zustimmt, sehen Sie es hier.',
      late: 'Diese Lieferung kann nicht mehr geändert werden.',
      unclear: 'Das ging nicht. Bitte wählen Sie eine der Zeiten, oder nennen Sie einen Ort in einer Zeile.',
      closed: 'Hier kann im Moment nichts geändert werden. Bitte versuchen Sie es später noch einmal.',
    },
    map: 'Wie weit der Kurier entfernt ist',
    north: 'Norden',
    away: (distance, direction) => `Der Kurier ist etwa ${distance} ${direction} von Ihnen.`,
    under: (distance) => `weniger als ${distance}`,
    seen: 'Gesehen',
    directions: [
      'nördlich',
      'nordöstlich',
      'östlich',
      'südöstlich',
      'südlich',
      'südwestlich',
      'westlich',
      'nordwestlich',
    ],
    steps: ['Bestellt', 'Abgeholt', 'Unter\u00adwegs zu Ihnen', 'Zuge\u00adstellt'],
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
