/*
 * The right side: the canonical tree (or the partner's, on the way out) with types, units, what is required, and the value
 * that the mapping gives now. A field of the payload is dropped here, or assigned with Enter once it is picked.
 */
import { button, empty, h } from './dom.mjs'
import { fold, isWithin } from './paths.mjs'
import { itemsOf } from './session.mjs'
import { drawTarget, viewOf } from './target-row.mjs'
import { t } from './text.mjs'
import { createTree } from './tree.mjs'
import { allFields, targetRows } from './tree-model.mjs'

export function createTargetPane(session, { assign }) {
  const { state } = session
  let open = new Set()
  let view = viewOf(state)
  /** Unfolding what is filled happens once: an analyst who folds it keeps it folded. */
  let unfolded = false

  const tree = createTree({
    label: t('target.tree'),
    draw: (row) => drawTarget(row, view),
    drop: (row, expression) => assign(row.path, expression),
    on: {
      toggle(row, unfold) {
        if (unfold) open.add(row.path)
        else open.delete(row.path)
        show()
      },
      select: (row) => session.lookAtTarget(row.path),
      pick: (row) => state.picked && assign(row.path, state.picked.expression),
    },
  })
  const search = h('input', {
    type: 'search',
    class: 'cartage-wb-search',
    placeholder: t('target.search'),
    'aria-label': t('target.search'),
    oninput: () => show(),
  })
  const onlyEmpty = h('input', { type: 'checkbox', onchange: () => show() })
  const title = h('h3', {})
  const stepper = h('span', { class: 'cartage-wb-stepper' })
  const place = h('div', { class: 'cartage-wb-place' }, tree.element)
  const nothing = h('div', {})
  const element = h(
    'section',
    { class: 'cartage-wb-pane target', 'aria-label': t('target.title') },
    h('header', {}, title, stepper),
    h('div', { class: 'cartage-wb-bar' }, search, h('label', {}, onlyEmpty, t('target.onlyEmpty'))),
    place,
    nothing,
  )

  function show() {
    const rows = targetRows(state.fields, open, search.value)
    const isEmpty = (row) => row.open !== undefined || (!row.derived && view.valueOf(row) === undefined)
    tree.show(onlyEmpty.checked ? rows.filter(isEmpty) : rows)
    const none = state.fields.length === 0 && !state.waiting
    place.hidden = none
    nothing.replaceChildren(none ? empty(t('target.empty'), t('target.emptyHint')) : '')
  }

  const parents = () => allFields(state.fields).filter(({ children }) => children?.length > 0)

  /** Unfolds whatever is above one of these fields. */
  function unfoldTo(paths) {
    for (const parent of parents()) {
      const above = fold(parent.path)
      if (paths.some((path) => path !== above && isWithin(path, above))) open.add(parent.path)
    }
  }

  function reveal(paths) {
    const field = allFields(state.fields).find((one) => fold(one.path) === paths[0])
    if (!field) return
    unfoldTo(paths)
    show()
    tree.goTo(field.path)
  }

  function step(by) {
    session.set({ item: state.item + by })
  }
  function showStepper() {
    const count = itemsOf(state.answer).length
    const none = count === 0 && state.answer && !state.answer.error
    if (count < 2) return stepper.replaceChildren(none ? t('target.none') : '')
    stepper.replaceChildren(
      button({
        icon: 'chevron-left',
        title: t('target.previous'),
        onclick: () => step(-1),
        disabled: state.item === 0,
      }),
      t('target.item', { n: state.item + 1, of: count }),
      button({
        icon: 'chevron-right',
        title: t('target.next'),
        onclick: () => step(1),
        disabled: state.item >= count - 1,
      }),
    )
  }

  function showFields() {
    const canonical = state.entity ? t('target.canonical', { entity: state.entity }) : t('target.title')
    title.textContent = state.direction === 'out' ? t('target.partner') : canonical
    unfolded = false
    open = new Set()
  }

  function showAnswer() {
    view = viewOf(state)
    if (!unfolded && state.answer?.trace && state.fields.length > 0) {
      unfolded = true
      unfoldTo(state.answer.trace.targets.map(({ path }) => fold(path)))
    }
    show()
    showStepper()
  }

  session.watch(['fields', 'entity', 'direction'], showFields)
  session.watch(['answer', 'item', 'fields', 'suggestions', 'waiting'], showAnswer)
  session.watch(['lit'], () => {
    const { side, path, targets } = state.lit
    const lit = (targets.length > 0 || path === undefined || side === 'source' ? targets : [path]).map(fold)
    tree.mark(new Map(lit.map((one) => [one, 'lit'])))
    if (side !== 'target') reveal(lit)
  })
  showFields()
  show()
  return { element, tree, search }
}
