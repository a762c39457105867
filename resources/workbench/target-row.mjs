/* One canonical field as a row: what it is, what it holds now, and how it comes to that. */
import { h } from './dom.mjs'
import { fold, valueAt } from './paths.mjs'
import { isAbsent, originOf } from './provenance.mjs'
import { itemsOf, payloadOf } from './session.mjs'
import { t } from './text.mjs'
import { brief } from './tree-model.mjs'

/** From this score on a suggestion shows in the tree; the panel has the others too. */
const LIKELY = 0.5

/** What the rows of one result show; made once for all of them. */
export function viewOf(state) {
  const { answer, item, suggestions = [] } = state
  const payload = payloadOf(state)
  const document = itemsOf(answer)[item]
  const here = (answer?.issues ?? []).filter((issue) => (issue.item ?? item) === item)
  const issues = new Map(here.map((issue) => [fold(issue.field ?? ''), issue]))
  // The likeliest of a field comes first, and is the one to keep.
  const likely = suggestions.filter(({ score }) => score >= LIKELY)
  const offered = new Map(likely.toReversed().map((suggestion) => [fold(suggestion.target), suggestion]))
  const given = ({ path }) => valueAt(document, path)
  return {
    valueOf: given,
    /** Required, and there is an object that lacks it. */
    isMissing: ({ path, required, derived }) =>
      required && !derived && given({ path: above(path) }) !== undefined && given({ path }) === undefined,
    isAbsent: ({ path }) => payload !== undefined && isAbsent(answer?.trace, path, payload),
    issueOf: ({ folded }) => issues.get(folded),
    originOf: ({ path }) => originOf(answer?.trace, path),
    suggestionOf: ({ folded }) => offered.get(folded),
  }
}

/** The object that a field is in; the document itself for its own fields. */
const above = (path) => path.slice(0, Math.max(0, path.lastIndexOf('.')))

export function drawTarget(row, view) {
  const value = view.valueOf(row)
  const issue = view.issueOf(row)
  const required = row.required && !row.derived
  const missing = view.isMissing(row)
  const type = [row.items ? `${row.type} (${row.items})` : row.type, row.format, row.unit].filter(Boolean).join(' · ')
  const values = row.values?.map((one) => one.value ?? one).join(', ')
  return h(
    'span',
    {
      class: `cartage-wb-cells${issue ? ' wrong' : ''}${missing ? ' missing' : ''}`,
      title: [row.label, row.description, values].filter(Boolean).join('\n'),
    },
    h(
      'span',
      { class: 'name' },
      row.name,
      required && h('b', { class: 'required', title: t('target.required') }, ' *'),
    ),
    row.personal && h('i', { class: 'fa fa-user-secret personal', title: t('target.personal') }),
    h('span', { class: 'type' }, type),
    valueCell(row, value, view, issue),
    row.open === undefined && originMark(row, view),
  )
}

function valueCell(row, value, view, issue) {
  const suggestion = value === undefined && view.suggestionOf(row)
  if (suggestion) {
    const title = suggestion.why?.join('; ')
    return h('span', { class: 'suggested', title }, h('i', { class: 'fa fa-lightbulb-o' }), ` ${suggestion.source}`)
  }
  if (issue) return h('span', { class: 'issue', title: issue.message }, issue.message)
  if (value === undefined || row.open !== undefined) return h('span', { class: 'value' })
  return h('span', { class: `value ${typeof value}`, title: brief(value) }, brief(value))
}

/** A full dot where this sample gives a value, a hollow one where it gives none. */
function originMark(row, view) {
  const origin = row.derived ? 'hub' : view.originOf(row)
  if (!origin) return undefined
  if (origin !== 'mapped') return mark(origin, t(`origin.${origin}`))
  if (view.valueOf(row) !== undefined) return mark('mapped', '●')
  return view.isAbsent(row) ? mark('absent', t('origin.absent')) : mark('empty', '○')
}

const mark = (origin, said) => h('span', { class: `origin ${origin}`, title: t(`origin.${origin}Why`) }, said)
