/*
 * The left side: a sample as a tree with its values. What is picked or dragged here is written into the mapping where it
 * is dropped; fields that the mapping does not read are marked.
 */
import { button, empty, h } from './dom.mjs'
import { expressionFor, fold, isWithin } from './paths.mjs'
import { payloadOf } from './session.mjs'
import { t, when } from './text.mjs'
import { createTree } from './tree.mjs'
import { brief, firstOpen, kindOf, payloadRows } from './tree-model.mjs'

/** Fields that are unfolded when a canonical field is looked at that is made of many. */
const MOST_UNFOLDED = 12

export function createSourcePane(session, { chooseSample, paste, pick }) {
  const { state } = session
  let open = new Set()
  let payload
  let personal = []
  const unused = () => new Set((state.answer?.unused ?? []).map(fold))
  let leftOut = unused()

  const tree = createTree({
    label: t('source.tree'),
    draw: (row) => drawRow(row, leftOut, isPersonal),
    drag: (row) => row && expressionFor(payload, row.path),
    on: {
      toggle(row, unfold) {
        if (unfold) open.add(row.path)
        else open.delete(row.path)
        show()
      },
      select: (row) => session.lookAtSource(row.path),
      pick: (row) => pick({ path: row.path, expression: expressionFor(payload, row.path) }),
    },
  })
  const search = h('input', {
    type: 'search',
    class: 'cartage-wb-search',
    placeholder: t('source.search'),
    'aria-label': t('source.search'),
    oninput: () => show(),
  })
  const samples = h('select', {
    class: 'cartage-wb-sample',
    'aria-label': t('source.sample'),
    onchange: () => chooseSample(samples.value),
  })
  const masked = h('span', { class: 'cartage-wb-badge', title: t('source.maskedWhy') }, t('source.masked'))
  const place = h('div', { class: 'cartage-wb-place' }, tree.element)
  const nothing = h('div', {})
  const element = h(
    'section',
    { class: 'cartage-wb-pane source', 'aria-label': t('source.title') },
    h(
      'header',
      {},
      h('h3', {}, t('source.title')),
      samples,
      masked,
      button({ icon: 'clipboard', title: t('source.paste'), onclick: paste }),
    ),
    h('div', { class: 'cartage-wb-bar' }, search),
    place,
    nothing,
  )

  const isPersonal = (path) => personal.some((one) => isWithin(path, one))

  function show() {
    tree.show(payload === undefined ? [] : payloadRows(payload, open, search.value))
  }

  function showSample() {
    payload = payloadOf(state)
    personal = (state.sample?.personal ?? []).map(fold)
    open = payload === undefined ? new Set() : firstOpen(payload)
    masked.hidden = !state.sample?.masked
    place.hidden = payload === undefined
    nothing.replaceChildren(...(payload === undefined && !state.waiting ? [emptyPlace(paste)] : []))
    show()
  }

  session.watch(['sample', 'ref'], showSample)
  session.watch(['samples', 'sample'], () => fillSamples(samples, state))
  session.watch(['answer'], () => {
    leftOut = unused()
    tree.repaint()
  })
  session.watch(['lit', 'picked'], () => {
    const lit = state.lit.sources.map(fold)
    const marks = new Map(lit.map((path) => [path, 'lit']))
    if (state.picked) marks.set(fold(state.picked.path), 'picked')
    if (state.lit.side !== 'source') reveal(lit.slice(0, MOST_UNFOLDED), false)
    tree.mark(marks)
  })
  showSample()

  /** Unfolds what is above these fields and shows the first of them. */
  function reveal(paths, goTo = true) {
    if (paths.length === 0 || payload === undefined) return
    const wanted = new Set(paths)
    const all = payloadRows(payload, { has: () => true })
    const found = all.filter(({ folded }) => wanted.delete(folded))
    if (found.length === 0) return
    const shut = all.filter((row) => row.open !== undefined && !open.has(row.path))
    const above = shut.filter(({ path }) =>
      found.some((row) => row.path.startsWith(`${path}.`) || row.path.startsWith(`${path}[`)),
    )
    for (const { path } of above) open.add(path)
    if (!payloadRows(payload, open, search.value).some(({ path }) => path === found[0].path)) search.value = ''
    show()
    if (goTo) tree.goTo(found[0].path)
    else tree.scrollTo(found.map(({ path }) => path))
  }

  return { element, tree, search, reveal: (path) => reveal([fold(path)]) }
}

function drawRow(row, leftOut, isPersonal) {
  const kind = kindOf(row.value)
  const personal = row.open === undefined && isPersonal(row.folded)
  return h(
    'span',
    { class: 'cartage-wb-cells' },
    h('span', { class: 'name' }, row.name),
    personal && h('i', { class: 'fa fa-user-secret personal', title: t('source.personal') }),
    h('span', { class: `value ${kind}`, title: brief(row.value) }, brief(row.value)),
    row.open === undefined && leftOut.has(row.folded) && h('span', { class: 'unused', title: t('source.unused') }, '○'),
  )
}

function fillSamples(select, { samples, sample }) {
  const option = ({ id, name, at, outcome }) => {
    const said = [name, at && when(at), outcome].filter(Boolean).join(' · ')
    return h('option', { value: id, selected: id === sample?.id }, said)
  }
  const group = (label, list) => list.length > 0 && h('optgroup', { label }, ...list.map(option))
  const of = (kind) => samples.filter((one) => one.kind === kind)
  const parts = [group(t('source.ofTemplate'), of('template')), group(t('source.ofMessages'), of('message'))]
  const pasted = sample?.pasted && h('option', { value: '', selected: true }, t('source.pasted'))
  const none = !sample && h('option', { value: '' }, t('source.none'))
  select.replaceChildren(...[none, pasted, ...parts].filter(Boolean))
}

const emptyPlace = (paste) =>
  empty(
    t('source.empty'),
    t('source.emptyHint'),
    button({ icon: 'clipboard', text: t('source.paste'), onclick: paste }),
  )
