/* The test runs of a partner, newest first. */
import { button, h } from '../../workbench/dom.mjs'
import * as api from '../api.mjs'
import { moment } from '../looks.mjs'
import { t } from '../text.mjs'
import { openTrial } from '../trial/trial-sheet.mjs'
import { partOf } from './part.mjs'

const MOST = 5

export function trialsPart({ slug, reload }) {
  const part = partOf('trials', t('page.trials'))

  async function load(partner) {
    const runs = await api.trials(slug)
    part.fill(
      runs.length === 0 && h('p', { class: 'cartage-note-line' }, t('trial.none')),
      runs.length > 0 &&
        h('ul', { class: 'cartage-codes-list' }, ...runs.slice(0, MOST).map((run) => row(run, partner))),
    )
  }

  const row = (run, partner) =>
    h(
      'li',
      {},
      button({
        icon: 'list-ul',
        text: said(run),
        title: t('trial.open'),
        onclick: () => openTrial({ partner, id: run.id }).then(reload),
      }),
      ' ',
      h('small', {}, moment(run.at), ` · ${run.startedBy}`),
    )

  return { element: part.element, load }
}

/** A run of an earlier state of the partner says nothing about it as it is now. */
function said({ state, target, score, current, inTheWay }) {
  if (state !== 'done') return t(`trial.state.${state}`)
  if (target === 'account') return t(inTheWay.length > 0 ? 'trial.accountBad' : 'trial.accountGood')
  const verdict = inTheWay.length > 0 ? t('trial.notReady', { n: inTheWay.length }) : t('trial.passedAll', score)
  return current ? verdict : t('trial.outdated', { verdict })
}
