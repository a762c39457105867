/* The checklist of going live: what was tried, in groups, what failed first and unfolded. */
import { h } from '../../workbench/dom.mjs'
import { word, t } from '../text.mjs'
import { checkRow } from './check-row.mjs'

export function checklist({ checks, score }, deps) {
  const groups = [...new Set(checks.map(({ group }) => group))]
  const first = checks.find(({ outcome }) => outcome === 'failed')
  const blocking = checks.filter(({ required, outcome }) => required && outcome === 'failed').length
  const list = h('div', { class: 'cartage-checks' }, ...groups.map(part))
  const onlyFailed = h('input', {
    type: 'checkbox',
    onchange: () => list.classList.toggle('failed-only', onlyFailed.checked),
  })

  function part(group) {
    const own = checks.filter((check) => check.group === group)
    const passed = own.filter(({ outcome }) => outcome === 'passed').length
    return h(
      'section',
      { 'aria-label': word('checks', group), class: own.some(({ outcome }) => outcome === 'failed') ? 'failing' : '' },
      h('h4', {}, word('checks', group), h('span', { class: 'cartage-wb-count' }, `${passed}/${own.length}`)),
      h('ul', {}, ...own.map((check) => checkRow(check, { ...deps, isOpen: check === first }))),
    )
  }

  return h(
    'div',
    {},
    h(
      'div',
      { class: `cartage-verdict ${blocking > 0 ? 'bad' : 'good'}`, role: 'status' },
      h('i', { class: `fa fa-${blocking > 0 ? 'times-circle' : 'check-circle'}`, 'aria-hidden': 'true' }),
      h('b', {}, blocking > 0 ? t('trial.notReady', { n: blocking }) : t('trial.ready')),
      h('span', {}, t('trial.scoreLong', score)),
      score.failed > 0 && h('label', { class: 'cartage-tick' }, onlyFailed, ' ', t('trial.onlyFailed')),
    ),
    list,
  )
}
