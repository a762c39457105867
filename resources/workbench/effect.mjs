/*
 * The question before a mapping that holds for everybody is replaced by another text: what would change, a reason, and
 * where something would come out otherwise than agreed, that this is meant.
 */
import * as api from './api.mjs'
import { field, filled, openDialog, reason } from './dialog.mjs'
import { diffTable } from './diff.mjs'
import { h } from './dom.mjs'
import { t, when } from './text.mjs'

/** `change`: { partner, mapping, source }. `act(why)` does it; its answer is the dialog's. */
export function confirmChange({ title, text, intro, change, whyHint, act }) {
  const why = reason(whyHint)
  const agreed = h('input', { type: 'checkbox' })
  const agreement = h('label', { class: 'cartage-wb-agree', hidden: true }, agreed, ' ', t('save.agree'))
  const effect = h('div', { class: 'cartage-wb-effect', 'aria-live': 'polite' }, t('save.checking'))
  const checked = whatWouldChange(change).then(
    ({ content, differs }) => {
      effect.replaceChildren(...content)
      agreement.hidden = !differs
      return differs
    },
    (failure) => {
      effect.replaceChildren(h('p', { class: 'bad' }, t('save.notChecked', { error: failure.message })))
      agreement.hidden = false
      return true
    },
  )
  return openDialog({
    title,
    wide: true,
    content: [intro, h('h4', {}, t('save.change')), effect, agreement, field(t('why'), why)],
    actions: [
      {
        text,
        primary: true,
        async act() {
          if ((await checked) && !agreed.checked) throw new Error(t('save.agreeFirst'))
          return act(filled(why, t('why')))
        },
      },
    ],
  })
}

/** Goldens that differ, and messages that would break, have to be agreed to. */
async function whatWouldChange(question) {
  const [goldens, { changes, summary }] = await Promise.all([api.runGoldens(question), api.compatibility(question)])
  const failing = goldens.filter(({ ok }) => !ok)
  const messages = changes.filter(({ sample }) => sample.startsWith('message:'))
  const content = [
    goldensLine(goldens.length, failing.length),
    ...failing.map(({ name, diff, error }) => changed(name, diff, error?.message)),
    messagesLine(summary.messages, messages.length),
    ...messages.map((one) => changed(nameOf(one), one.diff, one.after.error, BEFORE_AND_AFTER())),
  ]
  return { content, differs: failing.length > 0 || messages.some(({ effect }) => effect === 'broken') }
}

function goldensLine(all, differ) {
  if (all === 0) return h('p', { class: 'warn' }, t('save.noGoldens'))
  if (differ > 0) return h('p', { class: 'bad' }, t('save.goldensDiffer', { n: differ, of: all }))
  return h('p', { class: 'good' }, t('save.goldensSame', { n: all }))
}

function messagesLine(looked, differ) {
  if (looked === 0) return h('p', {}, t('save.noMessages'))
  return h('p', {}, differ > 0 ? t('save.messagesDiffer', { n: differ }) : t('save.messagesSame', { n: looked }))
}

const BEFORE_AND_AFTER = () => ({ before: t('diff.before'), after: t('diff.after') })

/** The key alone is the same for every message of a shipment: when it came and what it tells says which is meant. */
function nameOf({ name, at, before, after }) {
  const tell = ({ items }) => items.map((item) => [item?.type, item?.rawCode].filter(Boolean).join(' ')).find(Boolean)
  return [name, at && when(at), tell(before) ?? tell(after)].filter(Boolean).join(' · ')
}

function changed(name, diff, error, columns) {
  const said = h('small', {}, error ?? t('goldens.differs', { n: diff.length }))
  return h('details', {}, h('summary', {}, name, ' ', said), diff.length > 0 && diffTable(diff, columns))
}
