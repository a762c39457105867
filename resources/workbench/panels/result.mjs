/* What the mapping gives, as a tree; a click on a value lights up the line that made it. */
import { button, empty, h } from '../dom.mjs'
import { fold } from '../paths.mjs'
import { itemsOf } from '../session.mjs'
import { t } from '../text.mjs'
import { createTree } from '../tree.mjs'
import { brief, firstOpen, kindOf, payloadRows } from '../tree-model.mjs'

export function createResultPanel(session) {
  const { state } = session
  let open
  const tree = createTree({
    label: t('result.tree'),
    draw: ({ name, value }) =>
      h(
        'span',
        { class: 'cartage-wb-cells' },
        h('span', { class: 'name' }, name),
        h('span', { class: `value ${kindOf(value)}`, title: brief(value) }, brief(value)),
      ),
    on: {
      toggle(row, unfold) {
        if (unfold) open.add(row.path)
        else open.delete(row.path)
        show()
      },
      select: (row) => session.lookAtTarget(row.path, 'result'),
      key: (event) => event.key === 'c' && copy(),
    },
  })
  const nothing = h('div', {})
  const stale = h('p', { class: 'cartage-wb-note', hidden: true }, t('result.stale'))
  const copy = () => navigator.clipboard?.writeText(JSON.stringify(itemsOf(state.answer), null, 2))
  const element = h(
    'div',
    { class: 'cartage-wb-fill' },
    h('div', { class: 'cartage-wb-corner' }, button({ icon: 'clone', title: t('result.copy'), onclick: copy })),
    stale,
    tree.element,
    nothing,
  )

  function show() {
    const document = itemsOf(state.answer)[state.item]
    const shown = document !== null && typeof document === 'object'
    if (shown) open ??= firstOpen(document)
    tree.show(shown ? payloadRows(document, open) : [])
    tree.element.hidden = !shown
    stale.hidden = !(shown && state.answer.stale)
    nothing.replaceChildren(...(shown ? [] : [nothingMade(state)]))
  }
  session.watch(['answer', 'item', 'failure'], show)
  session.watch(['sample', 'mapping'], () => {
    open = undefined
  })
  session.watch(['lit'], () => tree.mark(new Map(state.lit.targets.map((path) => [fold(path), 'lit']))))
  return { id: 'result', title: t('result.title'), element, shown: show }
}

function nothingMade({ answer, sample, failure }) {
  if (failure) return empty(t('result.failed'), failure.message)
  if (!sample) return empty(t('result.noSample'), t('result.noSampleHint'))
  if (!answer) return empty(t('result.waiting'))
  if (answer.error) return empty(t('result.error'), answer.error.message)
  const plain = itemsOf(answer)[0]
  if (plain !== undefined) return h('pre', { class: 'cartage-wb-plain' }, JSON.stringify(plain))
  return empty(t('result.nothing'), t('result.nothingHint'))
}
