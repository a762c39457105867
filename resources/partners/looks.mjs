/* How what the hub knows of a partner looks: always a word and a sign, never a colour alone. */
import { h } from '../workbench/dom.mjs'
import { ago, t, when, word } from './text.mjs'

const STATUS = { draft: 'pencil', tested: 'flask', live: 'check' }
const HEALTH = {
  healthy: ['check-circle', 'good'],
  failing: ['exclamation-circle', 'bad'],
  silent: ['bell-slash-o', 'warn'],
  unheard: ['hourglass-o', ''],
  paused: ['pause-circle', 'warn'],
  'not deployed': ['plug', ''],
}
const OUTCOME = {
  passed: ['check-circle', 'good'],
  failed: ['times-circle', 'bad'],
  advised: ['exclamation-triangle', 'warn'],
  skipped: ['minus-circle', ''],
}

const sign = (icon) => h('i', { class: `fa fa-${icon}`, 'aria-hidden': 'true' })

export const statusChip = (status) =>
  h(
    'span',
    { class: `cartage-chip ${status}`, title: t(`status.${status}Hint`) },
    sign(STATUS[status]),
    ' ',
    t(`status.${status}`),
  )

/** Who was never heard of is not silent yet. */
const wordsOf = ({ words, health }) => (words === 'silent' && health.lastIn === undefined ? 'unheard' : words)

/** Nothing of a draft: the chip beside it says so. */
export function healthWord(partner) {
  const words = wordsOf(partner)
  if (words === 'draft') return undefined
  const [icon, kind] = HEALTH[words] ?? ['question-circle-o', '']
  return h(
    'span',
    { class: `cartage-health ${kind}`, title: t(`health.${keyOf(words)}Hint`) },
    sign(icon),
    ' ',
    word('health', keyOf(words)),
  )
}

/** Whether a partner waits for somebody to look at it. */
export function needsSomebody(partner) {
  const { own, deployed, health, upgrade } = partner
  if (!own && !deployed) return false
  const isUnwell = ['failing', 'silent'].includes(wordsOf(partner))
  return isUnwell || health.unmapped > 0 || health.backlog.dead > 0 || upgrade !== undefined
}

export function outcomeSign(outcome) {
  const [icon, kind] = OUTCOME[outcome]
  return h('span', { class: `cartage-outcome ${kind}` }, sign(icon), ' ', t(`outcome.${outcome}`))
}

/** A moment in words; exactly when it was stands in the hint. */
export const moment = (time) => h('time', { dateTime: new Date(time).toISOString(), title: when(time) }, ago(time))

/** The newest of what came in and what went out; of who is silent, the last that came in. */
export const lastSeen = ({ words, health: { lastIn, lastOut } }) =>
  words === 'silent' ? lastIn : [lastIn, lastOut].filter(Boolean).sort().at(-1)

export const percent = (share) =>
  new Intl.NumberFormat(navigator.language, { style: 'percent', maximumFractionDigits: 1 }).format(share)

/** The image is the template's own; one that has none gets its first letter. */
export const iconOf = ({ icon, label }) =>
  icon
    ? h('img', { class: 'cartage-icon', src: icon, alt: '' })
    : h('span', { class: 'cartage-icon letter', 'aria-hidden': 'true' }, label.slice(0, 1).toUpperCase())

const keyOf = (words) => words.replace(/ (\w)/g, (_space, letter) => letter.toUpperCase())
