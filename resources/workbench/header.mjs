/* The bar on top: whose mapping, which one, how it fares, undo and redo, and what is done with it in the end. */
import { button, h } from './dom.mjs'
import { t } from './text.mjs'

export function createHeader(session, { partners, code, choosePartner, chooseMapping, save, keep, leave }) {
  const { state } = session
  const partner = h('select', { 'aria-label': t('header.partner'), onchange: () => choosePartner(partner.value) })
  const mapping = h('select', { 'aria-label': t('header.mapping'), onchange: () => chooseMapping(mapping.value) })
  const undo = button({ icon: 'undo', title: t('header.undo'), onclick: () => code.undo() })
  const redo = button({ icon: 'repeat', title: t('header.redo'), onclick: () => code.redo() })
  const state_ = h('span', { class: 'cartage-wb-state', role: 'status' })
  const said = h('span', { class: 'cartage-wb-said', role: 'status' })
  const template =
    !state.readOnly &&
    button({
      icon: 'floppy-o',
      text: t('header.saveTemplate'),
      title: t('header.saveTemplateHint'),
      id: 'cartage-wb-save',
      onclick: save,
    })
  const node =
    keep && button({ icon: 'sitemap', text: t('header.keepNode'), title: t('header.keepNodeHint'), onclick: keep })
  const element = h(
    'div',
    { class: 'cartage-wb-header' },
    partner,
    mapping,
    state.node?.inline && h('span', { class: 'cartage-wb-badge' }, t('header.inline')),
    h('span', { class: 'cartage-wb-undo' }, undo, redo),
    state_,
    said,
    h(
      'span',
      { class: 'cartage-wb-ends' },
      node,
      template,
      button({ icon: 'times', title: t('close'), onclick: leave, id: 'cartage-wb-close' }),
    ),
  )

  const option = (value, text, chosen) => h('option', { value, selected: value === chosen }, text)
  function showChoices() {
    const none = state.partner ? [] : [option('', t('header.choosePartner'), '')]
    partner.replaceChildren(...none, ...partners.map(({ slug, label }) => option(slug, label, state.partner)))
    const rows = state.refs.map((ref) => option(ref.name, labelOf(ref), state.mapping))
    mapping.replaceChildren(...(rows.length > 0 ? rows : [option('', t('header.noMapping'), '')]))
    mapping.disabled = rows.length === 0
    partner.disabled = state.node?.fixedPartner === true
  }
  const labelOf = ({ name, uses = [] }) =>
    [name.replace(/^map\/|\.jsonata$/g, ''), uses.join(', ')].filter(Boolean).join(' · ')

  function showState() {
    const { busy, answer, failure } = state
    const parts = []
    if (busy && !answer) parts.push(t('header.trying'))
    if (answer?.ms !== undefined)
      parts.push(t('header.ms', { ms: answer.ms < 10 ? answer.ms.toFixed(1) : Math.round(answer.ms) }))
    const share = answer?.compiled?.share
    if (share !== undefined) parts.push(t('header.compiled', { share: Math.round(share * 100) }))
    state_.textContent = failure ? failure.message : parts.join(' · ')
    state_.title = (answer?.compiled?.fallbacks ?? []).map(({ why }) => why).join('\n')
    state_.classList.toggle('bad', failure !== undefined)
  }
  function showText() {
    undo.disabled = !code.canUndo()
    redo.disabled = !code.canRedo()
    const changed = state.saved !== undefined && state.source !== state.saved
    if (template) template.disabled = !state.partner || !state.mapping || (!changed && !state.node?.inline)
    element.classList.toggle('changed', changed)
  }
  session.watch(['partner', 'refs', 'mapping'], showChoices)
  session.watch(['busy', 'answer', 'failure'], showState)
  session.watch(['source', 'saved', 'partner', 'mapping'], showText)
  showChoices()
  showText()
  return {
    element,
    say(text, wrong = false) {
      said.textContent = text
      said.title = text
      said.classList.toggle('bad', wrong)
    },
  }
}
