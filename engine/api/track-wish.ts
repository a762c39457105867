import type { Shipment } from '../canonical/index.ts'
import type { Wish } from '../promise/record.ts'
import { offeredWindows, tooLate } from '../promise/reschedule.ts'
import { html } from './track-html.ts'
import { type Clockwork, windowText } from './track-when.ts'
import { WORDS } from './track-words.ts'

/** Longer than this nobody reads at a door. */
const LONGEST_PLACE = 120
const ONE_LINE = /^[^\p{Cc}\p{Zl}\p{Zp}]+$/u

/** What the page says of a wish: `asked` the courier; `late`, `unclear` or `closed` are why it did not. */
export type Said = 'asked' | 'late' | 'unclear' | 'closed'

/** Forms for another window and for a safe place, while there is a choice; they work without a script. */
export function wishes(shipment: Shipment, clockwork: Clockwork): string {
  if (tooLate(shipment, clockwork.now)) return ''
  const words = WORDS[clockwork.language]
  const options = offeredWindows(shipment, clockwork.now).map(({ from, to }) => {
    const shown = windowText({ earliest: from, latest: to }, clockwork) ?? ''
    return `<option value="${html(`${from}/${to}`)}">${html(shown)}</option>`
  })
  const another =
    options.length === 0
      ? ''
      : form(
          words.another,
          `<label for="window">${html(words.choose)}</label><select id="window" name="window" required>${options.join('')}</select>`,
          words.ask,
        )
  const place = form(
    words.safePlace,
    `<label for="place">${html(words.where)}</label><input id="place" name="place" maxlength="${LONGEST_PLACE}" required autocomplete="off">`,
    words.tell,
  )
  return `<section aria-label="${html(words.wishes)}">${another}${place}</section>`
}

function form(title: string, fields: string, button: string): string {
  return `<details><summary>${html(title)}</summary><form method="post">${fields}<button>${html(button)}</button></form></details>`
}

export function saying(said: Said | undefined, { language }: Clockwork): string {
  if (said === undefined) return ''
  const kind = said === 'asked' ? 'said' : 'said bad'
  return `<section class="${kind}" role="status"><p>${html(WORDS[language].said[said])}</p></section>`
}

/** The wish that was sent: one of the windows on offer, or a place in one line. Anything else is none. */
export function wishIn(body: string, shipment: Shipment, now: number): Wish | undefined {
  const sent = new URLSearchParams(body)
  const names = [...sent.keys()]
  if (names.length !== 1) return undefined
  const place = sent.get('place')?.trim()
  if (place !== undefined)
    return place.length <= LONGEST_PLACE && ONE_LINE.test(place) ? { safePlace: place } : undefined
  const window = offeredWindows(shipment, now).find(({ from, to }) => `${from}/${to}` === sent.get('window'))
  return window && { window }
}
