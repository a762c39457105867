/* A field of the payload onto a canonical field: the hub writes the JSONata, the editor takes it as one step. */
import * as api from './api.mjs'
import { t } from './text.mjs'

/** Picked with the keyboard (or a double click): the next canonical field that is chosen gets it. */
export function pickSource(session, picked, say) {
  session.set({ picked })
  say(t('link.picked', { path: picked.path }))
}

export async function assignTo(session, code, { target, expression, say }) {
  try {
    const asked = code.value()
    const { entity, direction, partner, mapping } = session.state
    const { source, start, hint } = await api.link({
      source: asked,
      target,
      expression,
      entity,
      direction,
      partner,
      mapping,
    })
    // Whoever types on while the hub thinks keeps what was typed.
    if (code.value() !== asked) return say(t('link.changed'), true)
    code.write(source)
    session.set({ picked: undefined })
    say(hint ?? t('link.written', { target, expression }))
    await session.tryNow()
    session.lookAtTarget(target, 'result')
    return start
  } catch (failure) {
    say(failure.message, true)
  }
}
