/* A field of the payload onto a canonical field: the hub writes the JSONata, the editor takes it as one step. */
import * as api from './api.mjs'
import { openDialog } from './dialog.mjs'
import { h } from './dom.mjs'
import { madeBy } from './provenance.mjs'
import { t } from './text.mjs'

/** Picked with the keyboard (or a double click): the next canonical field that is chosen gets it. */
export function pickSource(session, picked, say) {
  session.set({ picked })
  say(t('link.picked', { path: picked.path }))
}

/** `say(text, wrong?)` tells what came of it. `at`: the place that is meant, where that is known. */
export async function assignTo(session, code, { target, expression, at, say }) {
  const asked = code.value()
  try {
    const answer = await linked(session, code, { source: asked, target, expression, at })
    if (!answer) return
    const { source, expression: written, why, refersTo } = answer
    // Whoever types on while the hub thinks keeps what was typed.
    if (code.value() !== asked) return say(t('link.changed'), true)
    code.write(source)
    session.set({ picked: undefined })
    say([t('link.written', { target, expression: written }), ...why].join(' · '))
    await session.tryNow()
    session.lookAtTarget(target, 'result')
    if (refersTo?.likely && (await isWanted(refersTo, expression)))
      await assignTo(session, code, { ...typeOf(refersTo), say })
  } catch (failure) {
    say(failure.message, true)
  }
}

const typeOf = ({ target, likely, at }) => ({ target, expression: JSON.stringify(likely), at })

/** A value that is called an order number, beside a type that says something else: only somebody who knows can tell. */
const isWanted = ({ target, now, likely }, source) =>
  openDialog({
    title: t('link.refersTo'),
    content: h('p', {}, t('link.refersToWhy', { target, now, likely, source })),
    actions: [{ text: t('link.setType', { likely }), primary: true, act: () => true }],
  })

/** Where several places make the field, the one with the cursor in it is meant, else somebody says which; undefined if nobody does. */
async function linked({ state, question }, code, edit) {
  const { entity, direction, partner, mapping, sample } = question()
  const asked = { ...edit, entity, direction, partner, mapping, sample }
  try {
    return await api.link(asked)
  } catch (failure) {
    if (failure.code !== 'mapping.edit-ambiguous') throw failure
    const places = madeBy(state.answer?.trace, edit.target)
    const here = code.offset()
    const chosen = places.some(({ span }) => span.start <= here && here <= span.end)
    const at = chosen ? here : await choosePlace(failure, edit.target)
    return at === undefined ? undefined : api.link({ ...asked, at })
  }
}

const choosePlace = ({ choices = [] }, target) =>
  openDialog({
    title: t('link.choose', { target }),
    content: h('p', {}, t('link.chooseWhy')),
    actions: choices.map(({ line, at, text }) => ({ text: t('link.place', { line, text }), act: () => at })),
    wide: true,
  })
