/*
 * The table of rules in the dialog of a provider selector, and what would happen to an order by it.
 */
import { routingTable } from '../workbench/api.mjs'
import { h } from '../workbench/dom.mjs'
import { extrasPart } from './extras-part.mjs'
import { rowsPart } from './rows-part.mjs'
import { t } from './text.mjs'
import { tryPart } from './try-part.mjs'

const SHEET = new URL('routing.css', import.meta.url).href

/** Shows the rules of a node; `table()` gives them as they stand, undefined while they are not there. */
export function mountRules(element, node, { calendar, partners }) {
  if (!document.querySelector(`link[href="${SHEET}"]`))
    document.head.append(h('link', { rel: 'stylesheet', href: SHEET }))
  let table
  let known = []
  const labelOf = (slug) => known.find((one) => one.slug === slug)?.label ?? slug
  const choices = () =>
    known.filter(({ kind }) => kind === 'courier' || kind === 'planner').map(({ slug, label }) => [slug, label])

  async function load() {
    try {
      const { name: _name, table: given, rules, strategy, version } = node
      const asked = given ? { version, table: given } : { rules, strategy }
      const [settings, list] = await Promise.all([routingTable(asked), partners().catch(() => [])])
      known = list.toSorted((a, b) => a.label.localeCompare(b.label))
      table = structuredClone(settings.table)
      show()
    } catch (problem) {
      element.replaceChildren(h('p', { class: 'bad', role: 'alert' }, t('table.failed', { why: problem.message })))
    }
  }

  function show() {
    const place = { table, labelOf, choices, calendar, changed: () => {} }
    const rows = rowsPart(place)
    place.judge = rows.judge
    element.replaceChildren(
      h('div', { class: 'cartage-routing' }, rows.element, extrasPart(place).element, tryPart(place).element),
    )
    rows.show()
  }

  load()
  return { table: () => table }
}
