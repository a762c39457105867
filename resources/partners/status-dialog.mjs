/* A step between draft, tested and live: recorded with who, when and why; a refusal says what stands in the way. */
import { field, filled, openDialog, reason } from '../workbench/dialog.mjs'
import { h } from '../workbench/dom.mjs'
import * as api from './api.mjs'
import { t } from './text.mjs'

/** Resolves to the new record, undefined when the step was not taken. `trial`: the run that it is based on. */
export function askStatus({ slug, label }, to, trial) {
  const why = reason(t(`step.${to}Why`))
  const against = h('div', { 'aria-live': 'polite' })
  const account = h('div', {})
  if (to === 'live') tellOfAccount(slug, account)
  return openDialog({
    title: t(`step.${to}Title`, { label }),
    content: [h('p', {}, t(`step.${to}Text`)), account, field(t('why'), why), against],
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

/** Real orders go to the account, and no test run has seen it: what the last check of it said. */
async function tellOfAccount(slug, place) {
  const runs = await api.trials(slug).catch(() => [])
  const last = runs.find(({ target, state }) => target === 'account' && state === 'done')
  if (!last) place.append(h('p', { class: 'warn' }, t('step.accountUnchecked')))
  else if (last.inTheWay.length > 0)
    place.append(h('p', { class: 'warn' }, t('step.accountBad', { checks: last.inTheWay.join(', ') })))
}

function obstacles(checks) {
  if (checks.length === 0) return [h('p', { class: 'warn' }, t('step.noTrial'))]
  return [
    h('p', { class: 'warn' }, t('step.inTheWay', { n: checks.length })),
    h('ul', {}, ...checks.map((title) => h('li', {}, title))),
  ]
}
