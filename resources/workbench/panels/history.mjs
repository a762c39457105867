/* Who changed the template's mapping, when and why; the last change can be taken back, with a reason as any other change. */
import * as api from '../api.mjs'
import { button, empty, h } from '../dom.mjs'
import { confirmChange } from '../effect.mjs'
import { usage } from '../save-dialog.mjs'
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

  async function undo({ version }) {
    const { partner, mapping } = state
    try {
      const { text } = await api.beforeChange(partner, mapping)
      const done = await confirmChange({
        title: t('history.undoTitle', { version }),
        text: t('history.undoIt'),
        intro: h('div', {}, usage(state), isChanged() && h('p', { class: 'warn' }, t('history.unsaved'))),
        change: { partner, mapping, source: text },
        whyHint: t('history.whyHint'),
        act: (why) => api.undoFile(partner, mapping, { why, expected: version }),
      })
      if (!done) return
      await reloaded()
      await load()
    } catch (failure) {
      RED.notify(failure.message, 'error')
    }
  }
  const isChanged = () => !state.node?.inline && state.source !== state.saved

  const list = (entries) =>
    h(
      'ul',
      { class: 'cartage-wb-list' },
      ...entries.map((entry, position) =>
        h(
          'li',
          { class: 'cartage-wb-suggestion' },
          h('span', { class: 'cartage-wb-item' }, ...told(entry)),
          position === 0 &&
            entry.version > 0 &&
            button({
              icon: 'undo',
              text: t('history.undo'),
              title: t('history.undoHint'),
              onclick: () => undo(entry),
            }),
        ),
      ),
    )
  /** What came with the template has nobody's name and no time. */
  function told({ version, by, at, why, backTo }) {
    if (version === 0 || by === '') return [h('b', {}, t('history.template'))]
    return [
      h('b', {}, t('history.version', { version })),
      ` ${by} · ${when(at)} `,
      h('small', {}, [backTo !== undefined && t('history.back'), why].filter(Boolean).join(': ')),
    ]
  }
  return { id: 'history', title: t('history.title'), element, shown: load }
}
