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
    await loadMapping(session, refs.find(({ name }) => name === mapping) ?? fitting(session.state, refs))
  } catch (failure) {
    failed(session)(failure)
  }
}

/**
 * A mapping that stands in a node is tried with the samples of the partner's own mapping of the same direction; where the
 * partner has none, with the messages that came to the node.
 */
function fitting({ direction, entity, node }, refs) {
  const alike = refs.filter((ref) => ref.direction === direction)
  const fits = alike.find((ref) => ref.entity === entity) ?? alike.find((ref) => ref.entity === undefined) ?? alike[0]
  if (fits || !node?.inline) return fits ?? refs[0]
  return { name: `node:${node.id}`, direction, entity, input: direction === 'in' ? 'delivery' : 'document', uses: [] }
}

async function samplesOf({ partner, node }, ref) {
  const own = api.samples(partner, ref.name)
  if (!node?.inline || ref.name.startsWith('node:')) return own
  const seen = await api.samples(partner, `node:${node.id}`).catch(() => [])
  return [...(await own), ...seen.filter(({ kind }) => kind === 'message')]
}

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
    ...(inline ? {} : { direction: ref.direction, entity: ref.entity }),
  })
  try {
    const [samples] = await Promise.all([
      samplesOf(state, ref),
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

/** One tree; or one for each entity, where the results of a mapping name their own. */
async function loadFields(session) {
  const { entity, direction, partner, mapping, node } = session.state
  const trees = await api.targets({
    partner,
    mapping,
    direction,
    entity: node?.inline ? entity : session.state.ref.entity,
  })
  session.set({ trees, entity: trees[0]?.entity ?? entity, fields: trees[0]?.targets ?? [] })
}

/** Shows the tree of the entity that the present result is. */
export function followEntity(session) {
  session.watch(['answer', 'item', 'trees'], ({ answer, item, trees = [] }) => {
    const entity = answer?.entities?.[item]
    const tree = trees.find((one) => one.entity === entity)
    if (tree && entity !== session.state.entity) session.set({ entity, fields: tree.targets })
  })
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
