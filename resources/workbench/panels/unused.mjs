/* Fields of the payload that the mapping does not read: what is left out should be left out on purpose. */
import { empty, h } from '../dom.mjs'
import { valueAt } from '../paths.mjs'
import { payloadOf } from '../session.mjs'
import { t } from '../text.mjs'
import { brief } from '../tree-model.mjs'
import { countOf } from './problems.mjs'

/** Rows that are drawn at once; a payload may leave thousands. */
const AT_ONCE = 200

export function createUnusedPanel(session, { revealSource }) {
  const { state } = session
  const element = h('div', { class: 'cartage-wb-fill' })
  const unused = () => state.answer?.unused ?? []

  function show() {
    if (element.closest('[hidden]')) return
    const payload = payloadOf(state)
    const rows = unused().slice(0, AT_ONCE)
    const more = unused().length - rows.length
    element.replaceChildren(
      rows.length === 0
        ? empty(t(state.answer ? 'unused.none' : 'problems.notTried'), state.answer && t('unused.noneHint'))
        : h('ul', { class: 'cartage-wb-list' }, ...rows.map((path) => h('li', {}, row(path, valueAt(payload, path))))),
      more > 0 ? t('unused.more', { n: more }) : '',
    )
  }
  const row = (path, value) =>
    h(
      'button',
      { type: 'button', class: 'cartage-wb-item', onclick: () => revealSource(path) },
      h('span', { class: 'path' }, path),
      h('span', { class: 'value' }, brief(value)),
    )
  session.watch(['answer'], show)
  return { id: 'unused', title: t('unused.title'), element, shown: show, badge: () => countOf(unused().length, '') }
}
