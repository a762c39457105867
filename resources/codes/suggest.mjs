/*
 * Which event the words of a code may mean, for somebody to look at before it is saved. Words that say too little or two
 * things at once have none: a person chooses.
 */

/** The first that fits counts: what failed or goes back is looked for before what went well. */
const WORDS = [
  [/request|not yet cancel|submitting/, undefined],
  [/cancel/, 'shipment.cancelled'],
  [/return(ed)? (to|at) (the )?sender|return (completed|delivered)/, 'return.completed'],
  [/return|way back/, 'return.started'],
  [/attempt.*(fail|unsuccess)|(fail|unsuccess).*attempt/, 'delivery.attempt_failed'],
  [/unable|undeliver|unsuccessful|not (be )?delivered|fail/, undefined],
  [/out for|on (the )?vehicle|with (the )?(driver|courier)/, 'delivery.out_for_delivery'],
  [/(ready|await\w*|wait\w*|available).*(collect|pick.?up)|(service|pick.?up) point/, 'delivery.ready_for_collection'],
  [/picked up|pick.?up (completed|done)/, 'pickup.completed'],
  [/customs.*clear|cleared.*customs/, 'customs.cleared'],
  [/customs.*(held|hold)|(held|hold).*customs/, 'customs.held'],
  [/damag/, 'shipment.damaged'],
  [/\blost\b/, 'shipment.lost'],
  [/delay/, 'transit.delayed'],
  [/delivered/, 'delivery.completed'],
  [/announce|registered|label (created|printed)|data received|information received/, 'carrier.info_received'],
  [/(en route|on (its|the) way) to (the )?(sort|hub|depot)/, 'transit.moving'],
  [/(arrived|sorted|at) .*(sort|hub|depot|facility|cent)|^sorted/, 'transit.arrived'],
  [/(departed|left) /, 'transit.departed'],
  [/en route|in transit|on (its|the) way|shipped/, 'transit.moving'],
]

/** One of the events that are known, or undefined. */
export function suggested(words, events) {
  const said = words.toLowerCase()
  const type = WORDS.find(([pattern]) => pattern.test(said))?.[1]
  return events.find((event) => event.type === type)?.type
}
