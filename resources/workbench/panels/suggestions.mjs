/*
 * Fields of the payload that may belong to empty canonical fields, each with the reasons. Nothing is written before
 * somebody says so, one by one.
 */
import * as api from '../api.mjs'
import { button, debounce, empty, h } from '../dom.mjs'
import { t } from '../text.mjs'
import { countOf } from './problems.mjs'

/** Asked after the mapping has been at rest: there is no hurry, and it costs more than a try. */
const REST_MS = 700

export function createSuggestionsPanel(session, { assign }) {
  const { state } = session
  const element = h('div', { class: 'cartage-wb-fill' })
  const dismissed = new Set()
  const offered = () => (state.suggestions ?? []).filter(({ target, source }) => !dismissed.has(`${target}←${source}`))

  const ask = debounce(async () => {
    if (!state.sample || !state.answer || state.answer.error) return
    const asked = state.answer
    const suggestions = await api.suggest(session.question()).catch(() => undefined)
    if (asked === state.answer) session.set({ suggestions: suggestions ?? [] })
  }, REST_MS)

  function show() {
    const groups = [...Map.groupBy(offered(), ({ target }) => target)]
    element.replaceChildren(
      groups.length === 0
        ? empty(t('suggestions.none'), t('suggestions.noneHint'))
        : h('ul', { class: 'cartage-wb-list' }, ...groups.map(group)),
    )
  }
  const group = ([target, suggestions]) =>
    h('li', { 'data-target': target }, h('b', { class: 'cartage-wb-group' }, target), ...suggestions.map(row))

  const row = ({ target, source, expression, score, why = [] }) =>
    h(
      'div',
      { class: 'cartage-wb-suggestion' },
      h(
        'button',
        { type: 'button', class: 'cartage-wb-item', onclick: () => look(target, source) },
        h('span', { class: 'path' }, expression),
        h(
          'small',
          {},
          h('meter', {
            min: 0,
            max: 1,
            value: score,
            title: t('suggestions.score', { score: Math.round(score * 100) }),
          }),
          why.join(' · '),
        ),
      ),
      button({ icon: 'check', text: t('suggestions.apply'), onclick: () => assign(target, expression) }),
      button({ icon: 'times', title: t('suggestions.dismiss'), onclick: () => dismiss(target, source) }),
    )

  function look(target, source) {
    session.lookAtTarget(target, 'result')
    session.set({ lit: { ...state.lit, targets: [target], sources: [source] } })
  }
  function dismiss(target, source) {
    dismissed.add(`${target}←${source}`)
    session.set({ suggestions: [...offered()] })
  }

  session.watch(['answer'], ask)
  session.watch(['suggestions'], show)
  show()
  return {
    id: 'suggestions',
    title: t('suggestions.title'),
    element,
    shown: show,
    close: () => ask.cancel(),
    badge: () => countOf(new Set(offered().map(({ target }) => target)).size, ''),
  }
}
