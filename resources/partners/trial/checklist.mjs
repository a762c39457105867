/* The checklist of going live: what was tried, in groups, and what failed unfolded. */
import { h } from '../../workbench/dom.mjs'
import { t, word } from '../text.mjs'
import { checkRow } from './check-row.mjs'

/** What fails without being required is said as advice: it stands in nobody's way. */
export const outcomeOf = ({ outcome, required }) => (outcome === 'failed' && !required ? 'advised' : outcome)

export function checklist(run, deps) {
  const { checks } = run
  const count = (outcome) => checks.filter((check) => outcomeOf(check) === outcome).length
  const groups = [...new Set(checks.map(({ group }) => group))]
  const [failed, advised] = [count('failed'), count('advised')]
  const first = checks.find((check) => outcomeOf(check) === 'failed')
  const list = h('div', { class: 'cartage-checks' }, ...groups.map(part))
  const onlyOpen = h('input', {
    type: 'checkbox',
    onchange() {
      list.classList.toggle('open-only', onlyOpen.checked)
      // Whoever looks at what failed wants to read all of it.
      for (const row of list.querySelectorAll('li:is(.failed, .advised) > details')) row.open ||= onlyOpen.checked
    },
  })

  function part(group) {
    const own = checks.filter((check) => check.group === group)
    const passed = own.filter(({ outcome }) => outcome === 'passed').length
    const isOpen = own.some(({ outcome }) => outcome === 'failed')
    return h(
      'section',
      { 'aria-label': word('checks', group), class: isOpen ? 'open' : '' },
      h(
        'h4',
        {},
        word('checks', group),
        h('span', { class: 'cartage-wb-count', title: t('trial.passedOf') }, `${passed}/${own.length}`),
      ),
      h(
        'ul',
        {},
        ...own.map((check) => checkRow(check, { ...deps, outcome: outcomeOf(check), isOpen: check === first })),
      ),
    )
  }

  const [kind, icon] = verdictLooks(run, failed)
  return h(
    'div',
    {},
    h(
      'div',
      { class: `cartage-verdict ${kind}`, role: 'status' },
      h('i', { class: `fa fa-${icon}`, 'aria-hidden': 'true' }),
      h('b', {}, verdictOf(run, failed)),
      h(
        'span',
        {},
        t('trial.scoreLong', { passed: count('passed'), skipped: count('skipped') }),
        advised > 0 && `, ${t('trial.advised', { n: advised })}`,
      ),
      failed + advised > 0 && h('label', { class: 'cartage-tick' }, onlyOpen, ' ', t('trial.onlyOpen')),
    ),
    list,
  )
}

function verdictLooks({ state }, failed) {
  if (state !== 'done') return ['warn', 'exclamation-triangle']
  return failed > 0 ? ['bad', 'times-circle'] : ['good', 'check-circle']
}

/** A run that did not come to its end says nothing. */
function verdictOf({ state, target, error }, failed) {
  if (state !== 'done') return error ?? t('trial.unfinished')
  if (target === 'account') return t(failed > 0 ? 'trial.accountBad' : 'trial.accountGood')
  return failed > 0 ? t('trial.notReady', { n: failed }) : t('trial.ready')
}
