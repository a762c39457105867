/*
 * What would happen to this order, by the rules as they stand in the dialog.
 */
import { tryRouting } from '../workbench/api.mjs'
import { button, h } from '../workbench/dom.mjs'
import { field } from './fields.mjs'
import { t } from './text.mjs'

/** `place` is { table, labelOf(slug), calendar(), judge(verdicts) }. */
export function tryPart(place) {
  const subject = h('textarea', {
    rows: 3,
    id: 'cartage-routing-subject',
    placeholder: t('try.placeholder'),
    spellcheck: false,
  })
  const now = h('input', { type: 'datetime-local', id: 'cartage-routing-now' })
  const quotes = h('input', { type: 'checkbox' })
  const result = h('div', { class: 'cartage-routing-result', role: 'status' })
  const ask = button({ icon: 'flask', text: t('try.ask'), primary: true, onclick: go })
  ask.id = 'cartage-routing-ask'
  let turn = 0

  async function go() {
    turn += 1
    const mine = turn
    ask.disabled = true
    try {
      const at = now.value === '' ? undefined : new Date(now.value).toISOString()
      const question = {
        rules: place.table,
        subject: subject.value.trim(),
        now: at,
        calendar: place.calendar(),
        quotes: quotes.checked,
      }
      const told = await tryRouting(question)
      if (mine === turn) show(told)
    } catch (problem) {
      if (mine !== turn) return
      place.judge()
      result.replaceChildren(h('p', { class: 'bad' }, problem.message))
    } finally {
      ask.disabled = false
    }
  }

  function show({ about, candidates, ranked, rows, now: at }) {
    place.judge(rows)
    const [first] = ranked
    const weight = `${about.weightKg} kg`
    const facts = t('try.about', {
      order: about.orderId,
      level: t(`level.${about.serviceLevel}`),
      country: about.country,
      weight,
      when: new Date(at).toLocaleString(),
    })
    const verdict = first
      ? t('try.chosen', { partner: place.labelOf(first.partner), row: first.row })
      : rows.some(({ matched }) => matched)
        ? t('try.nobody')
        : t('try.noRow')
    result.replaceChildren(
      h('p', {}, facts),
      h('p', { class: `cartage-routing-verdict ${first ? 'good' : 'bad'}` }, verdict),
      candidates.length > 0 && tableOf(candidates),
      ranked.length > 1 &&
        h('p', {}, t('try.order', { order: ranked.map(({ partner }) => place.labelOf(partner)).join(' → ') })),
    )
  }

  function tableOf(candidates) {
    const head = ['rank', 'partner', 'row', 'cost', 'pickUp', 'arrives', 'why'].map((name) =>
      h('th', { scope: 'col' }, t(`try.${name}`)),
    )
    return h(
      'table',
      { class: 'cartage-routing-tried' },
      h('thead', {}, h('tr', {}, head)),
      h('tbody', {}, byRank(candidates).map(line)),
    )
  }

  function line({ rank, partner, row, eligible, price, cost, pricedBy, pickUpOn, arrivesOn, reasons }) {
    const amount = price ? `${price.amount} ${price.currency}` : (cost ?? '–')
    const by = pricedBy && h('small', {}, t(`pricedBy.${pricedBy}`))
    return h(
      'tr',
      { class: eligible ? '' : 'out' },
      h('td', {}, rank === undefined ? '–' : String(rank)),
      h('td', {}, place.labelOf(partner)),
      h('td', {}, row),
      h('td', {}, String(amount), by),
      h('td', {}, pickUpOn ?? '–'),
      h('td', {}, arrivesOn ?? '–'),
      h('td', { class: eligible ? '' : 'bad' }, reasons.join('; ')),
    )
  }

  const element = h(
    'section',
    { class: 'cartage-routing-try', 'aria-label': t('try.title') },
    h('h4', {}, t('try.title')),
    field(t('try.subject'), subject, () => subject.value, { wide: true }).element,
    h(
      'div',
      { class: 'cartage-routing-ask' },
      field(t('try.now'), now, () => now.value).element,
      h('label', { class: 'cartage-routing-check' }, quotes, ' ', t('try.quotes')),
      ask,
    ),
    result,
  )
  return { element }
}

const byRank = (candidates) => candidates.toSorted((a, b) => (a.rank ?? 1000) - (b.rank ?? 1000))
