/*
 * What the partner itself says of a code that nobody has mapped: what the mapping makes of a message that had it. Nothing of
 * it is kept: the message is read with the reader's role, and personal data is masked by that.
 */

/** `told(entry)` is called once the words of an entry are there. Returns what is known by then. */
export function createWords({ partner, api, told }) {
  const known = new Map()
  const sources = new Map()
  let turn = Promise.resolve()

  /** A mapping that stands in a node is on the desk of the editor, the others on that of the hub. */
  function sourceOf(mapping) {
    const node = /^node:(.+)/.exec(mapping)?.[1]
    if (!sources.has(mapping))
      sources.set(
        mapping,
        node ? RED.nodes.node(node)?.mapping : api.readFile(partner, mapping).then(({ text }) => text),
      )
    return sources.get(mapping)
  }

  async function ask(entry) {
    const { id, code, mapping, sample } = entry
    const source = await sourceOf(mapping)
    const { items = [] } = await api.tryMapping({ partner, mapping, source, sample: { id: `message:${sample}` } })
    const words = items.find((item) => item?.rawCode === code)?.rawText
    if (typeof words !== 'string') return
    known.set(id, words)
    told(entry)
  }

  return ({ id, ...entry }) => {
    if (!known.has(id) && entry.sample !== undefined) {
      known.set(id, undefined)
      // One after the other, and whatever cannot be read or tried is shown without.
      turn = turn.then(() => ask({ id, ...entry })).catch(() => undefined)
    }
    return known.get(id)
  }
}
