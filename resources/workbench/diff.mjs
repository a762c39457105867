/* What was agreed beside what comes out now; changed paths are marked. */
import { h } from './dom.mjs'
import { t } from './text.mjs'

const text = (value) => (value === undefined ? '' : JSON.stringify(value, null, 1))

/** `diff`: [{ path, kind: 'missing' | 'added' | 'changed', expected, actual }]. */
export function diffTable(diff, { before = t('diff.golden'), after = t('diff.now') } = {}) {
  const cell = (kind, value) => h('td', { class: kind }, value)
  return h(
    'table',
    { class: 'cartage-wb-diff' },
    h('thead', {}, h('tr', {}, ...[t('diff.path'), before, after].map((title) => h('th', { scope: 'col' }, title)))),
    h(
      'tbody',
      {},
      ...diff.map(({ path, kind, expected, actual }) =>
        h(
          'tr',
          { class: kind },
          h('th', { scope: 'row' }, path, ' ', h('small', {}, t(`diff.${kind}`))),
          cell(kind === 'added' ? 'absent' : 'before', text(expected)),
          cell(kind === 'missing' ? 'absent' : 'after', text(actual)),
        ),
      ),
    ),
  )
}
