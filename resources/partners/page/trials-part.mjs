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

  const row = ({ id, at, state, score, startedBy }, partner) =>
    h(
      'li',
      {},
      button({
        icon: 'list-ul',
        text: state === 'running' ? t('trial.running') : scoreOf(score, state),
        title: t('trial.open'),
        onclick: () => openTrial({ partner, id }).then(reload),
      }),
      ' ',
      h('small', {}, moment(at), startedBy && ` · ${startedBy}`),
    )

  return { element: part.element, load }
}

const scoreOf = (score, state) =>
  state === 'done' ? t('trial.score', { ...score, of: score.passed + score.failed }) : t(`trial.state.${state}`)
