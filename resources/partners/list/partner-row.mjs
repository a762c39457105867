/* A partner in the list: who, in which state, how it fares, and what waits for somebody. */
import { h } from '../../workbench/dom.mjs'
import { healthWord, lastSeen, moment, percent, statusChip } from '../looks.mjs'
import { t } from '../text.mjs'

/** Shares below it are shown as they are; from here on they are marked. */
const BAD_SHARE = 0.05

export function partnerRow(partner, { open }) {
  const { slug, label, kind, status } = partner
  return h(
    'li',
    { 'data-partner': slug, class: 'cartage-partner' },
    h(
      'button',
      { type: 'button', class: 'cartage-partner-open', onclick: () => open(slug) },
      h('span', { class: 'head' }, h('b', {}, label), statusChip(status)),
      h(
        'span',
        { class: 'facts' },
        healthWord(partner),
        ...facts(partner),
        h('small', { class: 'kind' }, t(`kind.${kind}`)),
      ),
    ),
    marks(partner, open),
  )
}

function facts(partner) {
  const { deployed, health, environment, lacks } = partner
  if (!deployed) return []
  const seen = lastSeen(partner)
  const { breaker, backlog, errorRate } = health
  return [
    environment === 'test' && h('small', { class: 'warn' }, t('environment.test')),
    seen && h('small', {}, t('list.seen'), ' ', moment(seen)),
    lacks?.length > 0 && h('small', { class: 'bad' }, t('list.lacks', { n: lacks.length })),
    breaker && breaker !== 'closed' && h('small', { class: 'bad' }, t(`list.breaker.${breaker}`)),
    errorRate > 0 &&
      h('small', { class: errorRate >= BAD_SHARE ? 'bad' : '' }, t('list.errors', { share: percent(errorRate) })),
    backlog.waiting > 0 && h('small', {}, t('list.waiting', { n: backlog.waiting })),
    backlog.dead > 0 && h('small', { class: 'bad' }, t('list.dead', { n: backlog.dead })),
  ]
}

/** What somebody should look at; each leads there. */
function marks({ slug, health, upgrade }, open) {
  const unmapped =
    health.unmapped > 0 &&
    h(
      'button',
      { type: 'button', class: 'cartage-mark bad', onclick: () => window.CartageCodes.show(slug) },
      t('list.unmapped', { n: health.unmapped }),
    )
  const newer =
    upgrade &&
    h(
      'button',
      { type: 'button', class: 'cartage-mark', onclick: () => open(slug) },
      t('list.upgrade', { to: upgrade.to }),
    )
  return (unmapped || newer) && h('div', { class: 'cartage-marks' }, unmapped, newer)
}
