/*
 * The table of rules: its rows from top to bottom, one of them opened at a time.
 */
import { button, h } from '../workbench/dom.mjs'
import { rowForm } from './row-form.mjs'
import { candidatesText, conditionTexts } from './summary.mjs'
import { t } from './text.mjs'

const NEW_ROW = () => ({ name: t('table.newRow'), when: {}, candidates: [], strategy: 'preference' })

/** `place` is { table, choices(), labelOf(slug), changed() }. The verdicts of a try are shown in the rows. */
export function rowsPart(place) {
  const body = h('tbody')
  const head = ['', 'name', 'for', 'who', ''].map((name) => h('th', { scope: 'col' }, name && t(`table.${name}`)))
  const element = h(
    'div',
    {},
    h('table', { class: 'cartage-routing-rows' }, h('thead', {}, h('tr', {}, head)), body),
    button({ icon: 'plus', text: t('action.addRow'), onclick: () => insert(place.table.rows.length, NEW_ROW()) }),
  )
  element.lastChild.classList.add('cartage-routing-add')
  let opened = -1
  let verdicts = []

  function insert(index, row) {
    place.table.rows.splice(index, 0, row)
    opened = index
    changed()
    body.querySelector('.cartage-routing-form input')?.focus()
  }

  function move(index, by) {
    const { rows } = place.table
    const to = index + by
    if (to < 0 || to >= rows.length) return
    rows.splice(to, 0, ...rows.splice(index, 1))
    opened = opened === index ? to : opened === to ? index : opened
    changed()
    openers()[to]?.focus()
  }

  function remove(index) {
    place.table.rows.splice(index, 1)
    opened = -1
    changed()
    openers()[Math.min(index, place.table.rows.length - 1)]?.focus()
  }

  const openers = () => [...body.querySelectorAll('.cartage-routing-open')]

  function changed() {
    verdicts = []
    show()
    place.changed()
  }

  function open(index) {
    opened = opened === index ? -1 : index
    show()
    openers()[index]?.focus()
  }

  function keys(event, index) {
    if (!event.altKey || !['ArrowUp', 'ArrowDown'].includes(event.key)) return
    event.preventDefault()
    move(index, event.key === 'ArrowUp' ? -1 : 1)
  }

  function cells(row, index) {
    const texts = conditionTexts(row.when)
    const opener = button({
      text: row.name || t('table.unnamed'),
      onclick: () => open(index),
      onkeydown: (event) => keys(event, index),
      'aria-expanded': String(opened === index),
      title: t('action.openRow'),
    })
    opener.classList.add('cartage-routing-open')
    const verdict = verdicts[index]
    const decides = verdicts.findIndex(({ matched }) => matched) === index
    const fits = t(decides ? 'try.decides' : 'try.matches')
    const against = verdict?.objections.map(({ why }) => why).join('; ')
    const said = verdict && h('small', { class: verdict.matched ? 'good' : 'bad' }, verdict.matched ? fits : against)
    return [
      h('td', { class: 'cartage-routing-number' }, String(index + 1)),
      h('td', {}, opener, row.off && h('small', {}, t('table.isOff'))),
      h(
        'td',
        {},
        texts.length > 0
          ? texts.map((one) => h('span', { class: 'cartage-routing-chip' }, one))
          : t('table.anyShipment'),
        said,
      ),
      h('td', {}, candidatesText(row, place.labelOf), h('small', {}, t(`strategy.${row.strategy}`))),
      h(
        'td',
        { class: 'cartage-routing-buttons' },
        button({ icon: 'arrow-up', title: t('action.up'), disabled: index === 0, onclick: () => move(index, -1) }),
        button({
          icon: 'arrow-down',
          title: t('action.down'),
          disabled: index === place.table.rows.length - 1,
          onclick: () => move(index, 1),
        }),
        button({ icon: 'copy', title: t('action.copy'), onclick: () => insert(index + 1, structuredClone(row)) }),
        button({ icon: 'trash-o', title: t('action.removeRow'), onclick: () => remove(index) }),
      ),
    ]
  }

  function show() {
    const lines = place.table.rows.flatMap((row, index) => {
      const looks = `${row.off ? 'off ' : ''}${opened === index ? 'open ' : ''}${verdicts.findIndex(({ matched }) => matched) === index ? 'matched' : ''}`
      const line = h('tr', { class: looks.trim() }, cells(row, index))
      if (opened !== index) return [line]
      const onchange = (next) => {
        place.table.rows[index] = next
        line.replaceChildren(...cells(next, index))
        place.changed()
      }
      const form = rowForm(row, { areas: place.table.areas ?? [], choices: place.choices(), onchange })
      return [line, h('tr', { class: 'cartage-routing-opened' }, h('td', { colSpan: 5 }, form))]
    })
    body.replaceChildren(...lines)
    if (lines.length === 0) body.replaceChildren(h('tr', {}, h('td', { colSpan: 5 }, t('table.empty'))))
  }

  const judge = (said = []) => {
    verdicts = said
    show()
  }
  return { element, show, judge }
}
