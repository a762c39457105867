/*
 * Saving a template's mapping: which flows use it, and what would change, before it holds for everybody. Where golden
 * samples would differ, that is said and has to be agreed to.
 */
import * as api from './api.mjs'
import { field, filled, openDialog, reason } from './dialog.mjs'
import { diffTable } from './diff.mjs'
import { h } from './dom.mjs'
import { t, when } from './text.mjs'
import { usersOf } from './usage.mjs'

/** Resolves to the saved `{ version, … }`, or undefined. */
export async function saveToTemplate(session) {
  const { state } = session
  const why = reason(t('save.whyHint'))
  const agreed = h('input', { type: 'checkbox' })
  const agreement = h('label', { class: 'cartage-wb-agree', hidden: true }, agreed, ' ', t('save.agree'))
  const effect = h('div', { class: 'cartage-wb-effect', 'aria-live': 'polite' }, t('save.checking'))
  const { partner, mapping, source } = state

  const checked = whatWouldChange({ partner, mapping, source }).then(
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
    title: t('save.title', { mapping }),
    wide: true,
    content: [usage(state), h('h4', {}, t('save.change')), effect, agreement, field(t('why'), why)],
    actions: [
      {
        text: t('save.template'),
        primary: true,
        async act() {
          if ((await checked) && !agreed.checked) throw new Error(t('save.agreeFirst'))
          return write(session, filled(why, t('why')))
        },
      },
    ],
  })
}

/** Somebody else may have saved meanwhile: then it is asked whose text shall hold. */
async function write({ state }, why, expected = state.version) {
  const { partner, mapping, source } = state
  try {
    return await api.saveFile(partner, { path: mapping, text: source, why, expected })
  } catch (failure) {
    if (failure.status !== 409) throw failure
    const theirs = await api.readFile(partner, mapping)
    const over = await openDialog({
      title: t('save.conflict'),
      content: [
        h('p', {}, t('save.conflictText', { by: theirs.by ?? '', at: when(theirs.at) })),
        h('pre', { class: 'cartage-wb-plain' }, theirs.text),
      ],
      actions: [{ text: t('save.over'), primary: true, act: () => true }],
      wide: true,
    })
    return over ? write({ state }, why, theirs.version) : false
  }
}

function usage(state) {
  const users = usersOf(state)
  if (users.length === 0) return h('p', {}, t('save.noUsers'))
  const said = users.map(({ label, flow }) => h('li', {}, flow && `${flow}: `, h('b', {}, label)))
  return h('div', {}, h('p', {}, t('save.users', { n: users.length })), h('ul', { class: 'cartage-wb-users' }, ...said))
}

/** Goldens that differ, and messages that would break, have to be agreed to. */
async function whatWouldChange(question) {
  const [goldens, { changes }] = await Promise.all([api.runGoldens(question), api.compatibility(question)])
  const failing = goldens.filter(({ ok }) => !ok)
  const messages = changes.filter(({ sample }) => sample.startsWith('message:'))
  const [agreed, differ] = [goldens.length, failing.length]
  const content = [
    differ > 0
      ? h('p', { class: 'bad' }, t('save.goldensDiffer', { n: differ, of: agreed }))
      : h('p', { class: 'good' }, t(agreed > 0 ? 'save.goldensSame' : 'save.noGoldens', { n: agreed })),
    ...failing.map(({ name, diff, error }) => changed(name, diff, error?.message)),
    h('p', {}, messages.length > 0 ? t('save.messagesDiffer', { n: messages.length }) : t('save.messagesSame')),
    ...messages.map(({ name, diff, after }) => changed(name, diff, after.error, BEFORE_AND_AFTER())),
  ]
  return { content, differs: differ > 0 || messages.some(({ effect }) => effect === 'broken') }
}

const BEFORE_AND_AFTER = () => ({ before: t('diff.before'), after: t('diff.after') })

function changed(name, diff, error, columns) {
  const said = h('small', {}, error ?? t('goldens.differs', { n: diff.length }))
  return h('details', {}, h('summary', {}, name, ' ', said), diff.length > 0 && diffTable(diff, columns))
}
