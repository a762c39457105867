/* One template of the gallery. */
import { h } from '../../workbench/dom.mjs'
import { iconOf } from '../looks.mjs'
import { t } from '../text.mjs'
import { countriesOf, countryName } from './search.mjs'

const MOST_COUNTRIES = 3

export function card(entry, choose) {
  const { template, label, kind, style, version, capabilities, summary } = entry
  return h(
    'button',
    { type: 'button', class: 'cartage-card', 'data-template': template, onclick: () => choose(entry) },
    iconOf(entry),
    h(
      'span',
      { class: 'told' },
      h('b', {}, label),
      h('small', {}, [t(`kind.${kind}`), style, where(entry), version].filter(Boolean).join(' · ')),
      summary && h('span', { class: 'summary' }, summary),
      h('span', { class: 'tags' }, ...capabilities.map((name) => h('span', { class: 'cartage-tag' }, name))),
    ),
  )
}

function where(entry) {
  const names = countriesOf(entry).map(countryName)
  if (names.length <= MOST_COUNTRIES) return names.join(', ')
  return t('gallery.countries', { names: names.slice(0, MOST_COUNTRIES).join(', '), n: names.length - MOST_COUNTRIES })
}
