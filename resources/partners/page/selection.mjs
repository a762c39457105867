/* A courier that no rules table names is asked for nothing, however live it is. */
import { button, h } from '../../workbench/dom.mjs'
import { t } from '../text.mjs'

/** Elements that say so and lead to the tables; none where one names it, or there is no table. `leave()` closes the page. */
export function unselected({ slug, kind, status }, leave) {
  if (kind !== 'courier' || status === 'draft') return []
  const selectors = []
  RED.nodes.eachNode((node) => {
    if (node.type === 'provider-selector') selectors.push(node)
  })
  if (selectors.length === 0 || selectors.some((node) => names(node, slug))) return []
  return [
    h('p', { class: 'warn' }, t('selection.none')),
    h(
      'div',
      { class: 'cartage-codes-actions' },
      ...selectors.map((node) =>
        button({
          icon: 'list-ol',
          text: t('selection.open', { name: node.name || node.id }),
          onclick: () => open(node),
        }),
      ),
    ),
  ]

  async function open(node) {
    await leave()
    RED.view.reveal(node.id)
    RED.editor.edit(node)
  }
}

const names = ({ table }, slug) =>
  (table?.rows ?? []).some(({ candidates = [] }) => candidates.some(({ partner }) => partner === slug))
