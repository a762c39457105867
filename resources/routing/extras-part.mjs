/*
 * What rows refer to: named areas, the currency of comparison, and rates that stand in the rules instead of a partner's folder.
 */
import { button, h } from '../workbench/dom.mjs'
import { field, textField } from './fields.mjs'
import { t } from './text.mjs'

/** A text of JSON; what cannot be read is marked and changes nothing. */
function jsonField(label, value, onvalue, { placeholder }) {
  const area = h('textarea', {
    rows: 4,
    value: value === undefined ? '' : JSON.stringify(value),
    placeholder,
    spellcheck: false,
  })
  area.addEventListener('input', () => {
    try {
      onvalue(area.value.trim() === '' ? undefined : JSON.parse(area.value))
      area.classList.remove('input-error')
    } catch {
      area.classList.add('input-error')
    }
    area.setAttribute('aria-invalid', String(area.classList.contains('input-error')))
  })
  return field(label, area, () => undefined, { wide: true }).element
}

/** `place` is { table, changed() }. */
export function extrasPart(place) {
  const areas = h('ul', { class: 'cartage-routing-areas' })
  const set = (name, value) => {
    if (value === undefined) delete place.table[name]
    else place.table[name] = value
    place.changed()
  }

  function areaLine(area) {
    const name = textField(t('extras.areaName'), area.name)
    name.element.addEventListener('input', () => {
      const said = name.value() ?? ''
      rename(area.name, said)
      area.name = said
      place.changed()
    })
    const shape = jsonField(
      t('extras.geoJson'),
      area.shape,
      (value) => {
        area.shape = value ?? {}
        place.changed()
      },
      { placeholder: '{ "type": "Polygon", "coordinates": [[[13.3, 52.5], …]] }' },
    )
    const gone = button({ icon: 'trash-o', title: t('action.remove'), onclick: () => remove(area) })
    return h(
      'li',
      {},
      h('div', { class: 'cartage-routing-buttons' }, gone),
      h('div', { class: 'cartage-routing-grid' }, name.element, shape),
    )
  }

  function rename(before, after) {
    for (const row of place.table.rows) if (row.when.area === before) row.when.area = after
  }

  function remove(area) {
    const left = place.table.areas.filter((one) => one !== area)
    set('areas', left.length > 0 ? left : undefined)
    show()
  }

  function show() {
    areas.replaceChildren(...(place.table.areas ?? []).map(areaLine))
  }

  const currency = textField(t('extras.currency'), place.table.currency, { placeholder: 'EUR' })
  currency.element.addEventListener('input', () => set('currency', currency.value()?.toUpperCase()))
  const add = button({
    icon: 'plus',
    text: t('action.addArea'),
    onclick: () => {
      place.table.areas = [...(place.table.areas ?? []), { name: t('extras.newArea'), shape: {} }]
      show()
    },
  })
  const element = h(
    'details',
    { class: 'cartage-routing-extras' },
    h('summary', {}, t('extras.title')),
    areas,
    add,
    h(
      'div',
      { class: 'cartage-routing-grid' },
      currency.element,
      jsonField(t('extras.exchange'), place.table.exchange, (value) => set('exchange', value), {
        placeholder: '{ "USD": "0.92" }',
      }),
      jsonField(t('extras.rates'), place.table.rates, (value) => set('rates', value), {
        placeholder: '{ "courier": [{ "currency": "EUR", "zones": […], "steps": […] }] }',
      }),
    ),
  )
  show()
  return { element }
}
