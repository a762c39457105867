import type { JsonObject } from '../json.ts'
import { array, text } from '../json.ts'

/**
 * What the administrator's trigger sends when an agent has filled in what the customer wishes: a body of the account's own making.
 * @param step `reschedule <from> <to> [safe place]`, or `cancel`
 */
export function wishOf(ticket: JsonObject, step: string, at: string): { id: string; body: JsonObject } {
  const [wish = '', from = '', to = '', ...place] = step.split(' ')
  const id = `${text(ticket['id'])}/${at}/${wish}`
  const body = {
    ...{ cartage: wish, id, case_id: text(ticket['id']), external_id: text(ticket['external_id']) },
    ...{ tags: array(ticket['tags']).map(text).join(' '), from, to, safe_place: place.join(' ') },
  }
  return { id, body }
}
