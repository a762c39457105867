/* What is fetched when a partner, one of its mappings or a sample is chosen. */
import * as api from './api.mjs'
import { t } from './text.mjs'

const failed = (session) => (failure) => session.set({ failure, waiting: false })

/** The partner's mappings; the chosen one stays, if the partner has it. */
export async function loadPartner(session, partner, mapping) {
  session.set({ partner, refs: [], samples: [], sample: undefined, answer: undefined, waiting: Boolean(partner) })
  if (!partner) return
  try {
    const refs = await api.mappings(partner)
    if (session.state.partner !== partner) return
    session.set({ refs })
    const wanted = refs.find(({ name }) => name === mapping) ?? fitting(session.state, refs)
    await loadMapping(session, wanted)
  } catch (failure) {
    failed(session)(failure)
  }
}

/** For a mapping that stands in a node: the partner's own of the same direction, whose samples it is tried with. */
const fitting = ({ direction, entity }, refs) =>
  refs.find((ref) => ref.direction === direction && (ref.entity === undefined || ref.entity === entity)) ??
  refs.find((ref) => ref.direction === direction) ??
  refs[0]

/** One mapping: its text (unless the node has its own), its canonical tree and its samples. */
export async function loadMapping(session, ref) {
  const { state } = session
  if (!ref) return session.set({ mapping: undefined, ref: undefined, waiting: false })
  const inline = state.node?.inline === true
  session.set({
    ref,
    mapping: ref.name,
    samples: [],
    sample: undefined,
    answer: undefined,
    suggestions: undefined,
    waiting: true,
    ...(inline ? {} : { direction: ref.direction, entity: ref.entity ?? state.entity }),
  })
  try {
    const [samples] = await Promise.all([
      api.samples(state.partner, ref.name),
      inline ? undefined : loadText(session, ref.name),
      loadFields(session),
    ])
    if (session.state.ref !== ref) return
    session.set({ samples, waiting: samples.length > 0 })
    if (samples.length > 0) await loadSample(session, samples[0].id)
    else await session.tryNow()
  } catch (failure) {
    failed(session)(failure)
  }
}

export async function loadText(session, name) {
  const { text, version } = await api.readFile(session.state.partner, name)
  session.set({ source: text, saved: text, version })
}

export async function loadFields(session) {
  const { entity, direction, partner, mapping } = session.state
  const fields = await api.targets(entity || 'delivery-event', { partner, mapping, direction })
  session.set({ fields })
}

export async function loadSample(session, id) {
  const { partner, mapping } = session.state
  session.set({ waiting: true })
  try {
    const sample = await api.sample(partner, mapping, id)
    session.set({ sample: { ...sample, id }, item: 0, waiting: false })
    await session.tryNow()
  } catch (failure) {
    RED.notify(t('source.failed', { error: failure.message }), 'error')
    session.set({ waiting: false })
  }
}
