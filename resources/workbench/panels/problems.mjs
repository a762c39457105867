/* What is wrong with the mapping or its result: the canonical field, the value, and the fields of the payload it came from. */
import { empty, h } from '../dom.mjs'
import { t } from '../text.mjs'
import { brief } from '../tree-model.mjs'

export function problemsOf({ answer, failure }) {
  if (failure) return [{ field: '', message: failure.message }]
  if (answer?.error) return [answer.error]
  return answer?.issues ?? []
}

export function createProblemsPanel(session, { goToText }) {
  const { state } = session
  const element = h('div', { class: 'cartage-wb-fill' })

  function show() {
    const problems = problemsOf(state)
    element.replaceChildren(
      problems.length === 0
        ? empty(t(state.answer ? 'problems.none' : 'problems.notTried'))
        : h('ul', { class: 'cartage-wb-list' }, ...problems.map((problem) => h('li', {}, problemRow(problem)))),
    )
  }

  function problemRow(problem) {
    const { field, message, value, from = [], line, column, position } = problem
    const where = line === undefined ? field : t('problems.line', { line, column: column ?? 1 })
    const open = () => (line === undefined ? session.lookAtTarget(field ?? '', 'result') : goToText(position))
    return h(
      'button',
      { type: 'button', class: 'cartage-wb-item', onclick: open },
      h('i', { class: 'fa fa-exclamation-circle bad', 'aria-hidden': 'true' }),
      ' ',
      h('span', { class: 'what' }, h('b', {}, where), ' ', message.replace(/ at position \d+$/, '')),
      h(
        'small',
        {},
        [
          value !== undefined && t('problems.value', { value: brief(value) }),
          ...from.map(({ path, value }) => t('problems.from', { path, value: brief(value) })),
        ]
          .filter(Boolean)
          .join(' · '),
      ),
    )
  }
  session.watch(['answer', 'failure'], show)
  return {
    id: 'problems',
    title: t('problems.title'),
    element,
    shown: show,
    badge: () => countOf(problemsOf(state).length, 'bad'),
  }
}

export const countOf = (number, kind) => (number > 0 ? { text: String(number), kind } : {})
