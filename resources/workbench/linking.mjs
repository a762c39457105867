/* A field of the payload onto a canonical field: the hub writes the JSONata, the editor takes it as one step. */
import * as api from './api.mjs'
import { madeBy } from './provenance.mjs'
import { t } from './text.mjs'

/** Picked with the keyboard (or a double click): the next canonical field that is chosen gets it. */
export function pickSource(session, picked, say) {
  session.set({ picked })
  say(t('link.picked', { path: picked.path }))
}

/** `say(text, wrong?)` tells what came of it. */
export async function assignTo(session, code, { target, expression, say }) {
  const asked = code.value()
  try {
    const { source, expression: written, why } = await linked(session, code, { source: asked, target, expression })
    // Whoever types on while the hub thinks keeps what was typed.
    if (code.value() !== asked) return say(t('link.changed'), true)
    code.write(source)
    session.set({ picked: undefined })
    say([t('link.written', { target, expression: written }), ...why].join(' · '))
    await session.tryNow()
    session.lookAtTarget(target, 'result')
  } catch (failure) {
    say(failure.message, true)
  }
}

/** Where several places make the field, the one with the cursor in it is meant. */
async function linked({ state, question }, code, edit) {
  const { entity, direction, partner, mapping, sample } = question()
  const asked = { ...edit, entity, direction, partner, mapping, sample }
  try {
    return await api.link(asked)
  } catch (failure) {
    const places = madeBy(state.answer?.trace, edit.target)
    const at = code.offset()
    const chosen = places.some(({ span }) => span.start <= at && at <= span.end)
    if (failure.code !== 'mapping.edit-ambiguous' || !chosen) throw failure
    return api.link({ ...asked, at })
  }
}
