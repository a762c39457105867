/* Draft, tested, live: what the next step is, what stands in its way, and who took the steps before. */
import { button, h } from '../../workbench/dom.mjs'
import * as api from '../api.mjs'
import { moment } from '../looks.mjs'
import { mayRelease, mayWrite } from '../may.mjs'
import { askStatus } from '../status-dialog.mjs'
import { t } from '../text.mjs'
import { openTrial } from '../trial/trial-sheet.mjs'
import { partOf } from './part.mjs'
import { unselected } from './selection.mjs'

export function statusPart({ slug, tell, reload, leave }) {
  const part = partOf('status', t('page.status'))

  async function load(partner) {
    const { history } = await api.status(slug)
    part.fill(
      h('p', { class: 'cartage-note-line' }, t(`status.${partner.status}Text`)),
      ...unselected(partner, leave),
      h('div', { class: 'cartage-codes-actions' }, ...actions(partner)),
      history.length > 0 && told(history),
    )
  }

  function actions(partner) {
    const { status } = partner
    if (!mayWrite()) return []
    const test = button({
      icon: 'flask',
      text: t('trial.test'),
      primary: status === 'draft',
      onclick: () => openTrial({ partner }).then(reload),
    })
    const step = (to, looks) => button({ text: t(`step.${to}`), ...looks, onclick: () => go(partner, to) })
    if (status === 'draft') return [test, step('tested', { icon: 'check-square-o' })]
    if (status === 'tested')
      return [test, mayRelease() && step('live', { icon: 'rocket', primary: true }), step('draft', { icon: 'pencil' })]
    return [test, step('draft', { icon: 'pencil', danger: true })]
  }

  async function go(partner, to) {
    const done = await askStatus(partner, to)
    if (done) tell(t('step.done', { label: partner.label, status: t(`status.${to}`) }))
    await reload()
  }

  const told = (history) =>
    h(
      'details',
      { class: 'cartage-codes-history' },
      h('summary', {}, t('page.history', { n: history.length })),
      h('ul', { class: 'cartage-codes-list' }, ...[...history].reverse().map(row)),
    )

  const row = ({ from, to, by, at, why }) =>
    h(
      'li',
      {},
      h('div', {}, h('b', {}, t(`status.${from}`), ' → ', t(`status.${to}`)), ' ', moment(at), by && ` · ${by}`),
      why && h('div', {}, why),
    )

  return { element: part.element, load }
}
