/*
 * One row, opened: what it is for, who may carry that, and what decides among them.
 */
import { h } from '../workbench/dom.mjs'
import { candidatesPart } from './candidates-part.mjs'
import { conditionFields, conditionsOf, prune, selectField, textField } from './fields.mjs'
import { t } from './text.mjs'

const options = (group, names) => names.map((name) => [name, t(`${group}.${name}`)])

/** `onchange` is called with the row whenever something in it was changed. */
export function rowForm(row, { areas, choices, onchange }) {
  const groups = conditionFields(row.when, areas)
  const name = textField(t('table.name'), row.name, { read: (said) => said })
  const off = h('input', { type: 'checkbox', checked: row.off === true })
  const candidates = candidatesPart(row.candidates, choices)
  const strategy = selectField(
    t('table.strategy'),
    row.strategy,
    options('strategy', ['preference', 'cheapest', 'scorecard']),
  )
  const promise = selectField(
    t('table.promise'),
    row.promise ?? 'prefer',
    options('promise', ['prefer', 'require', 'ignore']),
  )
  const otherwise = selectField(t('table.otherwise'), row.otherwise ?? 'next', options('otherwise', ['next', 'none']))
  const section = (title, ...children) => h('fieldset', {}, h('legend', {}, title), ...children)
  const grid = (fields) =>
    h(
      'div',
      { class: 'cartage-routing-grid' },
      fields.map(({ element }) => element),
    )
  const element = h(
    'div',
    { class: 'cartage-routing-form' },
    h(
      'div',
      { class: 'cartage-routing-grid' },
      name.element,
      h('label', { class: 'cartage-routing-check' }, off, ' ', t('table.off')),
    ),
    groups.map(([group, fields]) => section(t(`group.${group}`), grid(Object.values(fields)))),
    section(t('group.who'), candidates.element, grid([strategy, promise, otherwise])),
  )
  const value = () =>
    prune({
      ...{
        name: name.value(),
        off: off.checked || undefined,
        when: conditionsOf(groups),
        candidates: candidates.value(),
      },
      ...{
        strategy: strategy.value(),
        promise: unless(promise.value(), 'prefer'),
        otherwise: unless(otherwise.value(), 'next'),
      },
    })
  const told = () => onchange(value())
  element.addEventListener('input', told)
  element.addEventListener('change', told)
  element.addEventListener('click', (event) => event.target.closest('button') && setTimeout(told))
  return element
}

const unless = (value, usual) => (value === usual ? undefined : value)
