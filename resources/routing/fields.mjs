/*
 * The fields of a row's conditions: how each is shown, and what it says in the table. A field that says nothing is not in the
 * table at all.
 */
import { h } from '../workbench/dom.mjs'
import { t } from './text.mjs'

export const LEVELS = ['same_day', 'next_day', 'express', 'standard', 'economy']
export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']

export const words = (text) => text.split(/[,;\s]+/).filter(Boolean)
const phrases = (text) =>
  text
    .split(/[,;]/)
    .map((one) => one.trim())
    .filter(Boolean)
const orNone = (list) => (list.length > 0 ? list : undefined)
const numberOf = (text) => (text.trim() === '' || Number.isNaN(Number(text)) ? undefined : Number(text))

/** A control with its label; `value()` is what it says, undefined for nothing. */
export function field(label, control, value, { wide } = {}) {
  const id = control.id || `cartage-routing-${Math.random().toString(36).slice(2)}`
  control.id = id
  const element = h(
    'div',
    { class: `cartage-routing-field${wide ? ' wide' : ''}` },
    h('label', { for: id }, label),
    control,
  )
  return { element, value }
}

export function textField(
  label,
  given,
  { placeholder = '', wide, read = (said) => said || undefined, type = 'text' } = {},
) {
  const input = h('input', { type, value: given ?? '', placeholder })
  return field(label, input, () => read(input.value.trim()), { wide })
}

export function selectField(label, given, options, { read = (said) => said || undefined } = {}) {
  const select = h(
    'select',
    {},
    options.map(([value, text]) => h('option', { value }, text)),
  )
  select.value = given ?? options[0]?.[0] ?? ''
  return { ...field(label, select, () => read(select.value)), control: select }
}

function checks(label, given, names) {
  const boxes = names.map(([value, text]) => {
    const input = h('input', { type: 'checkbox', value, checked: given?.includes(value) ?? false })
    return { input, element: h('label', { class: 'cartage-routing-check' }, input, ' ', text) }
  })
  const group = h(
    'div',
    { role: 'group', 'aria-label': label },
    boxes.map(({ element }) => element),
  )
  const element = h('div', { class: 'cartage-routing-field wide' }, h('span', {}, label), group)
  return { element, value: () => orNone(boxes.filter(({ input }) => input.checked).map(({ input }) => input.value)) }
}

function pair(label, given, { type = 'number', more = [] } = {}) {
  const bound = (name) =>
    h('input', {
      type,
      value: given?.[name] ?? '',
      placeholder: t(`table.${name}`),
      'aria-label': `${label}: ${t(`table.${name}`)}`,
      min: 0,
      step: 'any',
    })
  const [min, max] = [bound('min'), bound('max')]
  const box = h('div', { class: 'cartage-routing-pair', role: 'group', 'aria-label': label }, min, '–', max, more)
  return { element: h('div', { class: 'cartage-routing-field' }, h('span', {}, label), box), min, max }
}

function range(label, given) {
  const { element, min, max } = pair(label, given)
  const value = () => {
    const said = { min: numberOf(min.value), max: numberOf(max.value) }
    return said.min === undefined && said.max === undefined ? undefined : prune(said)
  }
  return { element, value }
}

function money(label, given) {
  const currency = h('input', {
    type: 'text',
    value: given?.currency ?? '',
    placeholder: 'EUR',
    'aria-label': t('table.currency'),
    class: 'cartage-routing-short',
  })
  const { element, min, max } = pair(label, given, { type: 'text', more: [currency] })
  const value = () => {
    const said = prune({ min: min.value.trim() || undefined, max: max.value.trim() || undefined })
    return Object.keys(said).length === 0 ? undefined : { ...said, currency: currency.value.trim().toUpperCase() }
  }
  return { element, value }
}

/** Without what says nothing. */
export const prune = (object) => Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined))

const MEASURES = ['weightKg', 'parcelKg', 'longestCm', 'girthCm', 'volumeL']

/** The groups of the form: `[name, { condition: field }]`. */
export function conditionFields(when, areas) {
  const label = (name) => t(`column.${name}`)
  const named = [['', t('table.any')], ...areas.map(({ name }) => [name, name])]
  const where = {
    serviceLevels: checks(
      label('serviceLevels'),
      when.serviceLevels,
      LEVELS.map((level) => [level, t(`level.${level}`)]),
    ),
    countries: textField(label('countries'), when.countries?.join(', '), {
      placeholder: 'DE, AT',
      read: (said) => orNone(words(said.toUpperCase())),
    }),
    area: selectField(label('area'), when.area, named),
    postcodes: textField(label('postcodes'), when.postcodes, {
      placeholder: 'DE 10000-14999, 80*; GB SW1',
      wide: true,
    }),
  }
  const what = Object.fromEntries(MEASURES.map((name) => [name, range(label(name), when[name])]))
  const yesNo = [
    ['', t('table.any')],
    ['true', t('table.yes')],
    ['false', t('table.no')],
  ]
  what.value = money(label('value'), when.value)
  what.hazardous = selectField(label('hazardous'), when.hazardous === undefined ? '' : String(when.hazardous), yesNo, {
    read: (said) => (said === '' ? undefined : said === 'true'),
  })
  what.tags = textField(label('tags'), when.tags?.join(', '), {
    placeholder: 'web, vip',
    read: (said) => orNone(phrases(said)),
  })
  const times = {
    days: checks(
      label('days'),
      when.days,
      DAYS.map((day) => [day, t(`day.${day}`)]),
    ),
    from: textField(label('from'), when.from, { placeholder: '08:00' }),
    to: textField(label('to'), when.to, { placeholder: '18:00' }),
    zone: textField(label('zone'), when.zone, { placeholder: 'Europe/Berlin' }),
    expression: textField(label('expression'), when.expression, {
      placeholder: 'shipment.consignor.partyId = "FIC1"',
      wide: true,
    }),
  }
  return [
    ['where', where],
    ['what', what],
    ['when', times],
  ]
}

/** What the fields say together. */
export const conditionsOf = (groups) =>
  prune(
    Object.fromEntries(
      groups.flatMap(([, fields]) => Object.entries(fields).map(([name, one]) => [name, one.value()])),
    ),
  )
