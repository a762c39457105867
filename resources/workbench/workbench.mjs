/*
 * The workbench: a sample on the left, the canonical tree on the right, the lines of the mapping between them, its text
 * below, and beside that what comes of it.
 */
import * as api from './api.mjs'
import { createCode } from './code.mjs'
import { installCompletion } from './completion.mjs'
import { h } from './dom.mjs'
import { createHeader } from './header.mjs'
import { createLines } from './lines.mjs'
import { assignTo, pickSource } from './linking.mjs'
import { followEntity, loadMapping, loadPartner, loadSample, loadText } from './loading.mjs'
import { createDriftPanel } from './panels/drift.mjs'
import { createGoldensPanel } from './panels/goldens.mjs'
import { createHistoryPanel } from './panels/history.mjs'
import { createProblemsPanel, problemsOf } from './panels/problems.mjs'
import { createResultPanel } from './panels/result.mjs'
import { createSuggestionsPanel } from './panels/suggestions.mjs'
import { createUnusedPanel } from './panels/unused.mjs'
import { pastePayload } from './paste.mjs'
import { fold } from './paths.mjs'
import { linksOf } from './provenance.mjs'
import { saveToTemplate } from './save-dialog.mjs'
import { createSession, payloadOf } from './session.mjs'
import { createSourcePane } from './source-pane.mjs'
import { createSplitter } from './splitter.mjs'
import { createTabs } from './tabs.mjs'
import { createTargetPane } from './target-pane.mjs'
import { t } from './text.mjs'

/**
 * `given`: { partner, mapping, source, entity, direction, node: { inline, fixedPartner, keep(source, mapping) } }.
 * `changed(partner, mapping)` is told of what was saved. Returns { element, ready, dirty(), resize(), close() }.
 */
export function createWorkbench(given, { partners, functions, changed, leave }) {
  const session = createSession({
    source: '',
    direction: 'in',
    entity: 'delivery-event',
    waiting: Boolean(given.partner),
    ...given,
  })
  const { state } = session
  const completion = installCompletion(session, functions)
  const code = createCode({
    source: state.source,
    label: t('code.label'),
    readOnly: state.readOnly,
    completion,
    onChange: (text) => session.write(text),
    onCursor: (offset) => session.lookAtText(offset),
  })
  const say = (...words) => header.say(...words)
  const assign = (target, expression) => assignTo(session, code, { target, expression, say })
  const chooseSample = (id) => loadSample(session, id)
  const source = createSourcePane(session, {
    chooseSample,
    paste: () => pastePayload(session),
    pick(picked) {
      pickSource(session, picked, say)
      target.tree.focus()
    },
  })
  const target = createTargetPane(session, { assign })
  const lines = createLines({
    source: source.tree,
    target: target.tree,
    links: () => linksOf(state.answer?.trace, payloadOf(state)),
    lit: (link) => isLit(link, state.lit),
    choose: (path) => session.lookAtTarget(path, 'result'),
  })
  const header = createHeader(session, {
    partners,
    code,
    choosePartner: (slug) => loadPartner(session, slug, undefined),
    chooseMapping: (name) =>
      loadMapping(
        session,
        state.refs.find((ref) => ref.name === name),
      ),
    save,
    leave,
    keep: given.node && !state.readOnly && (() => given.node.keep(code.value(), state.mapping)),
  })
  const panels = createPanels()
  const tabs = createTabs(panels, t('panels'))
  const upper = h('div', { class: 'cartage-wb-upper' }, source.element, lines.element, target.element)
  const lower = h(
    'div',
    { class: 'cartage-wb-lower' },
    h('section', { class: 'cartage-wb-text', 'aria-label': t('code.label') }, code.element),
    tabs.element,
  )
  const middle = h('div', { class: 'cartage-wb-middle' })
  const splitter = createSplitter({
    label: t('splitter'),
    start: 52,
    changed: (percent) => {
      middle.style.gridTemplateRows = `${percent}% auto minmax(0, 1fr)`
      code.resize()
    },
  })
  middle.append(upper, splitter.element, lower)
  const element = h('div', { class: 'cartage-wb' }, header.element, middle)

  function createPanels() {
    const samplesChanged = async () => session.set({ samples: await api.samples(state.partner, state.mapping) })
    const revealSource = (path) => {
      source.reveal(path)
      session.lookAtSource(path)
    }
    return [
      createResultPanel(session),
      createProblemsPanel(session, { goToText: (offset) => code.goTo(offset) }),
      createUnusedPanel(session, { revealSource }),
      createSuggestionsPanel(session, { assign }),
      createGoldensPanel(session, { chooseSample, samplesChanged }),
      createDriftPanel(session, { revealSource, chooseSample }),
      createHistoryPanel(session, { reloaded: undone }),
    ]
  }

  async function save() {
    const saved = await saveToTemplate(session)
    if (!saved) return
    session.set({ saved: state.source, version: saved.version })
    changed(state.partner, state.mapping)
    say(saved.readOnly ? t('save.storedOnly') : t('save.done', { mapping: state.mapping }))
    state.node?.useTemplate(state.mapping)
  }

  /** Another text is in force: what was said of the one before holds no more. */
  async function undone() {
    changed(state.partner, state.mapping)
    if (state.node?.inline) return
    await loadText(session, state.mapping)
    session.set({ goldens: undefined, suggestions: undefined })
    await session.tryNow()
  }

  function follow() {
    followEntity(session)
    // A text that was loaded is another one altogether; what is typed arrives the other way round.
    session.watch(['source'], () => code.value() !== state.source && code.load(state.source))
    session.watch(['lit'], () => {
      code.light(state.lit.spans, state.lit.side !== 'text')
      lines.draw()
    })
    session.watch(['answer', 'failure'], () => {
      upper.classList.toggle('stale', state.answer?.stale === true || state.failure !== undefined)
      code.underline(state.answer?.error)
      code.light([], false)
    })
    session.watch(['answer', 'fields', 'sample', 'item'], lines.draw)
    session.watch(['answer', 'failure', 'suggestions', 'goldens', 'drift'], tabs.count)
  }
  follow()
  element.addEventListener('keydown', (event) =>
    shortcuts(event, { code, source, target, tabs, session, save: () => save() }),
  )

  return {
    element,
    session,
    code,
    ready: loadPartner(session, state.partner, state.mapping),
    dirty: () => state.source !== (state.node?.inline ? given.source : (state.saved ?? '')),
    problems: () => problemsOf(state),
    resize: () => code.resize(),
    close() {
      for (const panel of panels) panel.close?.()
      session.close()
      completion.dispose()
      code.destroy()
    },
  }
}

function isLit({ source, target }, { targets, sources, side, path }) {
  if (side === 'source')
    return targets.some((one) => fold(one) === target) && (source === fold(path) || source.startsWith(`${fold(path)}.`))
  return targets.some((one) => fold(one) === target) && sources.some((one) => fold(one) === source)
}

/** Undo and redo hold wherever one is; F6 walks from part to part, also out of the text, where Tab is a character; Escape lets go of what is picked. */
function shortcuts(event, { code, source, target, tabs, session }) {
  if (event.key === 'Escape' && session.state.picked) {
    event.stopPropagation()
    return session.lookAway()
  }
  const step = { z: code.undo, y: code.redo }[event.key.toLowerCase()]
  if (step && (event.ctrlKey || event.metaKey) && event.target.getAttribute('role') === 'tree') {
    event.preventDefault()
    return event.shiftKey ? code.redo() : step()
  }
  if (event.key !== 'F6') return
  event.preventDefault()
  const tab = () => tabs.element.querySelector('[role=tab][aria-selected=true]').focus()
  const stops = [source.tree.focus, target.tree.focus, code.focus, tab]
  const places = [source.element, target.element, code.element, tabs.element]
  const here = places.findIndex((place) => place.contains(document.activeElement))
  const by = event.shiftKey ? -1 : 1
  stops[(here + by + stops.length) % stops.length]()
}
