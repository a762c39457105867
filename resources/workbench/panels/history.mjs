/* Who changed the template's mapping, when and why; the last change can be taken back. */
import * as api from '../api.mjs'
import { button, empty, h } from '../dom.mjs'
import { t, when } from '../text.mjs'

export function createHistoryPanel(session, { reloaded }) {
  const { state } = session
  const element = h('div', { class: 'cartage-wb-fill' })

  async function load() {
    const { partner, mapping } = state
    if (!partner || !mapping) return element.replaceChildren(empty(t('history.none')))
    try {
      const entries = await api.history(partner, mapping)
      element.replaceChildren(entries.length === 0 ? empty(t('history.none'), t('history.noneHint')) : list(entries))
    } catch (failure) {
      element.replaceChildren(empty(t('history.failed'), failure.message))
    }
  }

  async function undo() {
    try {
      await api.undoFile(state.partner, state.mapping)
      await reloaded()
      await load()
    } catch (failure) {
      RED.notify(failure.message, 'error')
    }
  }

  const list = (entries) =>
    h(
      'ul',
      { class: 'cartage-wb-list' },
      ...entries.map(({ version, by, at, why }, position) =>
        h(
          'li',
          { class: 'cartage-wb-suggestion' },
          h(
            'span',
            { class: 'cartage-wb-item' },
            h('b', {}, t('history.version', { version })),
            ` ${by ?? ''} · ${when(at)} `,
            h('small', {}, why ?? ''),
          ),
          position === 0 &&
            button({ icon: 'undo', text: t('history.undo'), title: t('history.undoHint'), onclick: undo }),
        ),
      ),
    )
  return { id: 'history', title: t('history.title'), element, shown: load }
}
