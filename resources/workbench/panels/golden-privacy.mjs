/*
 * What a message will be made a golden sample without: every field with a box, ticked where its value is replaced by an
 * invention. The rules propose, the analyst decides; the hub says each time what comes of it.
 */
import { h } from '../dom.mjs'
import { t } from '../text.mjs'

/** `preview(choices)` asks the hub. `choices()` are what differs from its proposal. */
export function createPrivacyList(preview) {
  const keep = new Set()
  const replace = new Set()
  const said = h('p', { role: 'status' }, t('goldens.looking'))
  const list = h('div', { class: 'cartage-wb-privacy' })
  const choices = () => ({ keep: [...keep], replace: [...replace] })
  let proposed
  let asked = 0
  let restOpen = false

  async function show() {
    const mine = ++asked
    try {
      const { fields } = await preview(choices())
      if (mine !== asked) return
      proposed ??= new Set(fields.flatMap(({ path, kind }) => (kind ? path : [])))
      draw(fields)
    } catch (failure) {
      said.textContent = failure.message
    }
  }

  function draw(fields) {
    const focused = list.contains(document.activeElement) ? document.activeElement.dataset.path : undefined
    const [chosen, rest] = [(one) => proposed.has(one.path) || one.kind, (one) => !proposed.has(one.path) && !one.kind]
    const count = fields.filter(({ kind }) => kind).length
    said.textContent = t(count === 0 ? 'goldens.nothingReplaced' : 'goldens.willReplace', { n: count })
    list.replaceChildren(
      table(fields.filter(chosen)),
      h(
        'details',
        { open: restOpen, ontoggle: (event) => (restOpen = event.target.open) },
        h('summary', {}, t('goldens.stays', { n: fields.filter(rest).length })),
        table(fields.filter(rest)),
      ),
    )
    if (focused) [...list.querySelectorAll('input')].find((one) => one.dataset.path === focused)?.focus()
  }

  const table = (fields) =>
    h(
      'table',
      { class: 'cartage-wb-diff' },
      h('thead', {}, h('tr', {}, ...HEADS.map((key) => h('th', { scope: 'col' }, t(key))))),
      h('tbody', {}, ...fields.map(row)),
    )

  const row = ({ path, kind, before, after }) =>
    h(
      'tr',
      {},
      h(
        'th',
        { scope: 'row' },
        h('label', {}, box(path, kind), ' ', path, ' ', kind && h('small', {}, t(`goldens.kind.${kind}`))),
      ),
      h('td', {}, before),
      h('td', { class: before === after ? '' : 'after' }, after),
    )

  function box(path, kind) {
    const element = h('input', { type: 'checkbox', checked: kind !== undefined, onchange: () => choose(path, element) })
    element.dataset.path = path
    return element
  }

  function choose(path, { checked }) {
    keep.delete(path)
    replace.delete(path)
    if (checked !== proposed.has(path)) (checked ? replace : keep).add(path)
    return show()
  }

  show()
  return { elements: [said, list], choices }
}

const HEADS = ['goldens.field', 'diff.before', 'diff.after']
