/*
 * Saving a template's mapping: which flows use it, and what would change, before it holds for everybody.
 */
import * as api from './api.mjs'
import { openDialog } from './dialog.mjs'
import { h } from './dom.mjs'
import { confirmChange } from './effect.mjs'
import { t, when } from './text.mjs'
import { usersOf } from './usage.mjs'

/** Resolves to the saved `{ version, … }`, or undefined. */
export function saveToTemplate(session) {
  const { partner, mapping, source } = session.state
  return confirmChange({
    title: t('save.title', { mapping }),
    text: t('save.template'),
    intro: usage(session.state),
    change: { partner, mapping, source },
    whyHint: t('save.whyHint'),
    act: (why) => write(session, why),
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
      actions: [{ text: t('save.over'), danger: true, act: () => true }],
      wide: true,
    })
    return over ? write({ state }, why, theirs.version) : false
  }
}

export function usage(state) {
  const users = usersOf(state)
  if (users.length === 0) return h('p', {}, t('save.noUsers'))
  const said = users.map(({ label, flow }) => h('li', {}, flow && `${flow}: `, h('b', {}, label)))
  return h('div', {}, h('p', {}, t('save.users', { n: users.length })), h('ul', { class: 'cartage-wb-users' }, ...said))
}
