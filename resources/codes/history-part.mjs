/* Who has changed a code table, when, why and how. */
import { h } from '../workbench/dom.mjs'
import { t, when } from './text.mjs'

export function historyPart({ partner, api }) {
  const list = h('ul', { class: 'cartage-codes-list' })
  const element = h(
    'details',
    { class: 'cartage-codes-history', ontoggle: load },
    h('summary', {}, t('history.title')),
    list,
  )

  async function load() {
    if (!element.open) return
    const records = await api.history(partner, 'codes.json').catch((failure) => failure)
    if (!Array.isArray(records)) return list.replaceChildren(h('li', { class: 'bad' }, records.message))
    const told = records.filter(({ version }) => version > 0)
    list.replaceChildren(...(told.length > 0 ? told.map(row) : [h('li', {}, t('history.none'))]))
  }

  const row = ({ by, at, why, backTo, codes = {} }) =>
    h(
      'li',
      {},
      h('div', {}, h('b', {}, by || t('history.template')), ` ${when(at)}`),
      (why || backTo !== undefined) && h('div', {}, backTo === undefined ? why : t('history.back')),
      ...Object.entries(codes).map(([code, { from, to }]) =>
        h('small', {}, h('code', {}, code), ` ${said(from)} → ${said(to)}`),
      ),
    )

  function said(entry) {
    if (entry === null) return t('history.nothing')
    if (entry.ignored) return t('history.ignored')
    const { type, reason, variant, attempt, label } = entry
    return [type, reason, variant, attempt, label].filter((one) => one !== undefined).join(', ')
  }

  return { element, fresh: load }
}
