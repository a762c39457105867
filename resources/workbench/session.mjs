/*
 * One mapping being worked on: what is known of it, and who is told when that changes. The mapping is tried as one types;
 * an answer to a text that has changed since is dropped. While the text has an error, what the last good one gave stays
 * in sight, marked as stale.
 */
import * as api from './api.mjs'
import { debounce } from './dom.mjs'
import { goesTo, madeBy, partAt } from './provenance.mjs'
import { t } from './text.mjs'

/** How long the keys must rest before the mapping is tried. */
const QUIET_MS = 250
const NOTHING_LIT = { targets: [], sources: [], spans: [], path: undefined, side: undefined }

/**
 * `given`: { partner, mapping, source, entity, direction, node }. State beside it: refs (the partner's mappings), ref, samples,
 * sample, fields (the canonical tree), readOnly (a role that may look but not try), answer, busy, failure, lit, picked, item.
 */
export function createSession(given) {
  const state = { refs: [], samples: [], fields: [], lit: NOTHING_LIT, item: 0, busy: false, ...given }
  const watchers = new Set()
  let turn = 0
  let asked

  const watch = (keys, told) => watchers.add({ keys, told })
  function set(changes) {
    const changed = Object.keys(changes).filter((key) => state[key] !== changes[key])
    Object.assign(state, changes)
    for (const { keys, told } of watchers) if (keys.some((key) => changed.includes(key))) told(state)
  }

  /** What a mapping is tried with; the hub has the samples, so that a large one does not travel again and again. */
  function question() {
    const { partner, mapping, source, entity, direction, sample } = state
    const tried = sample?.pasted ? { body: sample.body, headers: sample.headers } : { id: sample?.id }
    return { partner, mapping, source, entity, direction, sample: tried }
  }

  async function tryNow() {
    soon.cancel()
    if (!state.sample || !state.partner) return
    if (state.readOnly) return set({ failure: { message: t('error.onlyLook') } })
    asked?.abort()
    asked = new AbortController()
    turn += 1
    const mine = turn
    set({ busy: true })
    const answer = await api.tryMapping(question(), asked.signal).catch((failure) => ({ failure }))
    if (mine !== turn) return
    if (answer.failure) return set({ busy: false, failure: answer.failure })
    const shown = answer.error
      ? { ...state.answer, ...(state.answer ? { stale: true } : answer), error: answer.error }
      : answer
    set({
      busy: false,
      failure: undefined,
      answer: shown,
      item: Math.min(state.item, Math.max(0, itemsOf(shown).length - 1)),
    })
  }
  const soon = debounce(tryNow, QUIET_MS)

  const light = (parts, more) =>
    set({
      lit: {
        targets: parts.map(({ path }) => path),
        sources: parts.flatMap(({ sources }) => sources),
        // The spans of a stale answer are those of another text.
        spans: state.answer?.stale ? [] : parts.map(({ span }) => span).filter(Boolean),
        ...more,
      },
    })

  return {
    state,
    watch,
    set,
    question,
    tryNow,
    /** The text has changed, wherever that was. */
    write(source) {
      if (source === state.source) return
      set({ source })
      soon()
    },
    lookAtTarget: (path, from = 'target') => light(madeBy(state.answer?.trace, path), { path, side: from }),
    lookAtSource: (path) => light(goesTo(state.answer?.trace, path), { path, side: 'source' }),
    lookAtText(offset) {
      const part = partAt(state.answer?.trace, offset)
      if (part && part.path !== state.lit.path) light([part], { path: part.path, side: 'text', spans: [] })
    },
    lookAway: () => set({ lit: NOTHING_LIT, picked: undefined }),
    /** Nobody listens any more. */
    close() {
      turn += 1
      asked?.abort()
      soon.cancel()
      watchers.clear()
    },
  }
}

/** The documents that a mapping made: finished ones towards us, its plain result towards the partner. What is left out on purpose is none. */
export const itemsOf = (answer) => (answer?.items ?? []).filter((item) => item !== null)

const seesDelivery = ({ ref }) => (ref?.input ?? 'delivery') === 'delivery'

/** What the mapping sees as its input. */
export function payloadOf(state) {
  const { sample } = state
  if (!sample) return undefined
  return seesDelivery(state) ? { body: sample.body, headers: sample.headers ?? {} } : sample.body
}

/** A path in the body of a message, as the mapping names it. */
export const pathInBody = (state, path) => (seesDelivery(state) ? `body.${path}` : path)
