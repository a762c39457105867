/*
 * What an analyst fills in about a partner: limits, service levels and cut-off. The wizard and the partner's page show the
 * same form; what is wrong is said at its field.
 */
import { h } from '../workbench/dom.mjs'
import { t } from './text.mjs'

const SERVICE_LEVELS = ['same_day', 'next_day', 'express', 'standard', 'economy']

const LIMITS = {
  requestsPerSecond: { min: 0.01, max: 1000, step: 'any', required: true },
  burst: { min: 1, max: 10_000, step: 1 },
  concurrency: { min: 1, max: 1000, step: 1 },
  timeoutMs: { min: 1, max: 120, step: 'any', required: true, unit: 1000 },
}

const ZONES = 'cartage-time-zones'

/** A labelled control with its hint and a place for what is wrong with it. */
export function labelled(name, control, { label, hint, required = false } = {}) {
  const wrong = h('small', { class: 'cartage-wrong', role: 'alert' })
  const element = h(
    'label',
    { class: 'cartage-field', 'data-field': name },
    h('span', {}, label ?? t(`field.${name}`), required && h('abbr', { title: t('required') }, ' *')),
    control,
    hint && h('small', {}, hint),
    wrong,
  )
  return {
    name,
    element,
    control,
    say(text = '') {
      wrong.textContent = text
      control.setAttribute('aria-invalid', String(text !== ''))
    },
  }
}

/** `{ element, fields, value(), problems() }` of the limits; an emptied one is null: there is none. */
export function limitsForm(limits) {
  const rows = Object.entries(LIMITS).map(([name, rule]) => {
    const { unit = 1, required, ...range } = rule
    const given = limits[name]
    const control = h('input', { type: 'number', value: given === undefined ? '' : String(given / unit), ...range })
    const hint = t(`field.limits.${name}Hint`)
    return { name, rule, unit, field: labelled(`limits.${name}`, control, { hint, required }) }
  })
  const said = ({ field, unit }) =>
    field.control.value.trim() === '' ? null : Math.round(Number(field.control.value) * unit * 1000) / 1000
  return {
    element: h('div', { class: 'cartage-fields' }, ...rows.map(({ field }) => field.element)),
    fields: rows.map(({ field }) => field),
    value: () => ({ limits: Object.fromEntries(rows.map((row) => [row.name, said(row)])) }),
    problems: () =>
      rows.map(({ field, rule }) => [field, numberProblem(field.control, rule)]).filter(([, problem]) => problem),
  }
}

function numberProblem(control, { min, max, step, required }) {
  if (control.validity.badInput) return t('wrong.number')
  const said = control.value.trim()
  if (said === '') return required && t('wrong.fill')
  const value = Number(said)
  if (!Number.isFinite(value) || value < min || value > max) return t('wrong.range', { min, max })
  return step === 1 && !Number.isInteger(value) && t('wrong.whole')
}

/** `{ element, fields, value(), problems() }` of service levels and cut-off. */
export function serviceForm({ serviceLevels = [], cutOff }) {
  const boxes = SERVICE_LEVELS.map((name) =>
    h('input', { type: 'checkbox', value: name, checked: serviceLevels.includes(name) }),
  )
  const levels = h(
    'fieldset',
    { class: 'cartage-field', 'data-field': 'serviceLevels' },
    h('legend', {}, t('field.serviceLevels')),
    ...boxes.map((box) => h('label', { class: 'cartage-tick' }, box, ' ', t(`serviceLevel.${box.value}`))),
    h('small', {}, t('field.serviceLevelsHint')),
  )
  const time = labelled('cutOff.time', h('input', { type: 'time', value: cutOff?.time ?? '' }), {
    hint: t('field.cutOff.timeHint'),
  })
  const zone = labelled(
    'cutOff.timeZone',
    h('input', { type: 'text', value: cutOff?.timeZone ?? '', list: ZONES, autocomplete: 'off', spellcheck: false }),
    {
      hint: t('field.cutOff.timeZoneHint'),
    },
  )
  function value() {
    const said = { time: time.control.value, timeZone: zone.control.value.trim() }
    return {
      serviceLevels: boxes.filter(({ checked }) => checked).map((box) => box.value),
      cutOff: said.time === '' ? null : said,
    }
  }
  function problems() {
    const { cutOff: said } = value()
    if (said === null) return []
    if (said.timeZone === '') return [[zone, t('wrong.zoneMissing')]]
    return isZone(said.timeZone) ? [] : [[zone, t('wrong.zone', { zone: said.timeZone })]]
  }
  return {
    element: h('div', { class: 'cartage-fields' }, levels, time.element, zone.element, zoneList()),
    fields: [time, zone],
    value,
    problems,
  }
}

const zoneList = () =>
  h('datalist', { id: ZONES }, ...Intl.supportedValuesOf('timeZone').map((zone) => h('option', { value: zone })))

function isZone(name) {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: name }))
  } catch {
    return false
  }
}

/** Says what is wrong at its field and goes to the first; true when all is well. */
export function check(forms) {
  const problems = forms.flatMap((form) => form.problems())
  for (const field of forms.flatMap(({ fields }) => fields)) field.say(problems.find(([wrong]) => wrong === field)?.[1])
  problems[0]?.[0].control.focus()
  return problems.length === 0
}

/** Says a refusal of the hub at the field that it names; false when that field is not here. */
export function sayAt(forms, { field: path, message }) {
  const field = forms.flatMap(({ fields }) => fields).find(({ name }) => path === name || path?.startsWith(`${name}.`))
  field?.say(message)
  field?.control.focus()
  return field !== undefined
}
