import { textOf } from '../workbench/text.mjs'

/** What the partners' sidebar says, in the reader's language. */
export const t = (key, values) => textOf('cartage-partners', `partners.${key}`, values)

export { when } from '../workbench/text.mjs'

const STEPS = [
  ['second', 60],
  ['minute', 60],
  ['hour', 24],
  ['day', 30],
  ['month', 12],
  ['year', Number.POSITIVE_INFINITY],
]

/** A moment as people say it: "3 minutes ago". `time` is what Date takes. */
export function ago(time, now = Date.now()) {
  let amount = (new Date(time).getTime() - now) / 1000
  const said = new Intl.RelativeTimeFormat(navigator.language, { numeric: 'auto' })
  for (const [unit, size] of STEPS) {
    if (Math.abs(amount) < size) return said.format(Math.round(amount), unit)
    amount /= size
  }
}

/** Texts that the hub's words have here; what is not known is shown as it came. */
export function word(group, name) {
  const key = `${group}.${name}`
  const said = t(key)
  return said.endsWith(key) ? name : said
}
