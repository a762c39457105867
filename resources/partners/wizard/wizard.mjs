/*
 * A partner of one's own from a template, step by step. Nothing is made before the last one, and whoever closes it by
 * accident is asked. Secrets stay in this page until they are the credentials of the new node.
 */
import { openDialog } from '../../workbench/dialog.mjs'
import { button, h } from '../../workbench/dom.mjs'
import * as api from '../api.mjs'
import { iconOf } from '../looks.mjs'
import { sayAt } from '../profile-form.mjs'
import { t } from '../text.mjs'
import { accountStep } from './account-step.mjs'
import { codesStep } from './codes-step.mjs'
import { doneView } from './done-view.mjs'
import { nameStep } from './name-step.mjs'
import { paceStep } from './pace-step.mjs'
import { importPartner } from './place-nodes.mjs'
import { summaryStep } from './summary-step.mjs'
import { webhookStep } from './webhook-step.mjs'

const STEPS = [nameStep, accountStep, paceStep, codesStep, webhookStep, summaryStep]

/** `back()` leads to the gallery; `made(slug)` and `focus(slug)` as for the gallery. */
export function openWizard({ template, sheet, back, made, focus }) {
  const draft = { template, secret: undefined }
  const steps = STEPS.map((step) => step(draft)).filter(Boolean)
  const walk = h('ol', { class: 'cartage-steps', 'aria-label': t('wizard.steps') })
  const said = h('p', { class: 'cartage-codes-said bad', role: 'alert' })
  const place = h('div', { class: 'cartage-step' })
  const element = h(
    'div',
    { class: 'cartage-wizard', oninput: touch },
    h(
      'aside',
      {},
      h(
        'div',
        { class: 'cartage-wizard-template' },
        iconOf(template),
        h('span', {}, t('wizard.from', { label: template.label })),
      ),
      walk,
    ),
    h('div', { class: 'cartage-wizard-main' }, place, said),
  )
  let at = 0
  let reached = 0
  let touched = false

  function touch() {
    touched = true
    said.textContent = ''
  }

  function start() {
    sheet.title(t('wizard.title'))
    sheet.mayLeave = async () => !touched || (await sure())
    show(0)
  }

  const sure = () =>
    openDialog({
      title: t('wizard.leave'),
      content: h('p', {}, t('wizard.leaveText')),
      actions: [{ text: t('wizard.discard'), danger: true, act: () => true }],
    })

  function show(position) {
    at = position
    reached = Math.max(reached, at)
    const step = steps[at]
    step.shown?.()
    const hint = step.hint ? [h('p', { class: 'cartage-note-line' }, step.hint)] : []
    place.replaceChildren(h('h3', {}, step.title), ...hint, step.element)
    walk.replaceChildren(...steps.map(mark))
    const isLast = at === steps.length - 1
    sheet.foot(
      button({ icon: 'chevron-left', text: t('wizard.back'), onclick: () => (at === 0 ? toGallery() : show(at - 1)) }),
      h('span', { class: 'cartage-wb-said' }, t('wizard.position', { n: at + 1, of: steps.length })),
      isLast
        ? button({ icon: 'check', text: t('wizard.make'), primary: true, onclick: make })
        : button({ text: t('wizard.next'), primary: true, onclick: next }),
    )
    place.querySelector('input:not([type=hidden]), select, textarea, button')?.focus()
  }

  /** Steps that were seen are gone back to at once; those ahead are walked to. */
  function mark(step, position) {
    const state = position === at ? 'current' : position < reached || position < at ? 'seen' : ''
    return h(
      'li',
      { class: state, 'aria-current': position === at ? 'step' : undefined },
      button({
        text: step.title,
        disabled: position > reached,
        onclick: () => (position < at ? show(position) : forward(position)),
      }),
    )
  }

  function next() {
    if (steps[at].check()) show(at + 1)
  }
  function forward(position) {
    while (at < position) {
      if (!steps[at].check()) return
      show(at + 1)
    }
  }
  async function toGallery() {
    if (await sheet.mayLeave()) back()
  }

  element.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.target.tagName !== 'INPUT' || event.target.type === 'search') return
    event.preventDefault()
    if (at < steps.length - 1) next()
  })

  async function make({ target }) {
    target.disabled = true
    said.textContent = ''
    try {
      const wish = Object.assign({ template: template.template }, ...steps.map((step) => step.wish?.()))
      const answer = await api.create(wish)
      finish(answer)
    } catch (failure) {
      refuse(failure)
    } finally {
      target.disabled = false
    }
  }

  /** The partner is there: its secrets go where they stay, and what is shown once is shown. */
  function finish(answer) {
    const credentials = Object.assign({}, ...steps.map((step) => step.credentials?.(answer)))
    const tab = importPartner(answer, credentials)
    touched = false
    const done = doneView({ answer, draft, sheet, tab, made, focus, secret: credentials[draft.secret] })
    element.replaceChildren(done)
  }

  function refuse(failure) {
    const position = steps.findIndex((step) => step.forms && hasField(step.forms(), failure.field))
    if (position < 0) {
      said.textContent = failure.message
      return
    }
    show(position)
    sayAt(steps[position].forms(), failure)
  }

  return { element, start }
}

const hasField = (forms, path) =>
  forms.some(({ fields }) => fields.some(({ name }) => path === name || path?.startsWith(`${name}.`)))
