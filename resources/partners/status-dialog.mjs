/* A step between draft, tested and live: recorded with who, when and why; a refusal says what stands in the way. */
import { field, filled, openDialog, reason } from '../workbench/dialog.mjs'
import { h } from '../workbench/dom.mjs'
import * as api from './api.mjs'
import { t } from './text.mjs'

/** Resolves to the new record, undefined when the step was not taken. `trial`: the run that it is based on. */
export function askStatus({ slug, label }, to, trial) {
  const why = reason(t(`step.${to}Why`))
  const against = h('div', { 'aria-live': 'polite' })
  return openDialog({
    title: t(`step.${to}Title`, { label }),
    content: [h('p', {}, t(`step.${to}Text`)), field(t('why'), why), against],
    actions: [
      {
        text: t(`step.${to}`),
        primary: to !== 'draft',
        danger: to === 'draft',
        async act() {
          against.replaceChildren()
          try {
            return await api.setStatus(slug, { to, why: filled(why, t('why')), ...(trial && { trial }) })
          } catch (failure) {
            if (failure.checks) against.replaceChildren(...obstacles(failure.checks))
            throw failure
          }
        },
      },
    ],
  })
}

function obstacles(checks) {
  if (checks.length === 0) return [h('p', { class: 'warn' }, t('step.noTrial'))]
  return [
    h('p', { class: 'warn' }, t('step.inTheWay', { n: checks.length })),
    h('ul', {}, ...checks.map((title) => h('li', {}, title))),
  ]
}
