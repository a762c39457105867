/*
 * One file of an upgrade in three views: what comes of it, what the template has changed, and what was changed here. The
 * first can be written in; writing is a choice, too. Where both have changed the same place, each place is settled by itself.
 */
import { h } from '../../workbench/dom.mjs'
import { t } from '../text.mjs'
import { offered, textOf } from './choices.mjs'
import { conflictList } from './conflict-list.mjs'
import { settled } from './conflicts.mjs'
import { createDiff } from './diff-editor.mjs'

const VIEWS = {
  result: ({ yours, ...file }, choice) => [yours ?? '', textOf({ yours, ...file }, choice)],
  theirs: ({ base, theirs }) => [base ?? '', theirs ?? ''],
  yours: ({ base, yours }) => [base ?? '', yours ?? ''],
}

/** `choose(path, choice)` is told of what is chosen: 'yours', 'theirs', 'merged' or `{ text }`. */
export function createFileView({ choose }) {
  const name = h('h4', {})
  const hint = h('p', { class: 'cartage-note-line' })
  const options = h('div', { class: 'cartage-upgrade-choice', role: 'radiogroup', 'aria-label': t('upgrade.choose') })
  const places = h('div', {})
  const tabs = h('div', { class: 'cartage-wb-tabs', role: 'tablist', 'aria-label': t('upgrade.views') })
  const sides = h('div', { class: 'cartage-upgrade-sides', 'aria-hidden': 'true' })
  const place = h('div', { class: 'cartage-upgrade-diff' })
  const element = h('div', { class: 'cartage-upgrade-file' }, name, hint, options, places, tabs, sides, place)
  const diff = createDiff(place)
  /** By path: the sides that were taken of its conflicts, by their numbers. */
  const picks = new Map()
  let file
  let choice
  let view = 'result'

  function show(given, chosen) {
    file = given
    choice = chosen
    view = 'result'
    name.textContent = file.path
    hint.textContent = t(`upgrade.hint.${file.state}`)
    showPlaces()
    draw()
  }

  function draw() {
    showOptions()
    tabs.replaceChildren(...Object.keys(VIEWS).map(tab))
    sides.replaceChildren(...['left', 'right'].map((side) => h('span', {}, t(`upgrade.sides.${view}.${side}`))))
    const [before, after] = VIEWS[view](file, choice)
    diff.show({ path: file.path, before, after, edited: view === 'result' ? written : undefined })
  }

  function showOptions() {
    const own = choice && typeof choice === 'object' ? [['text', choice.text]] : []
    options.replaceChildren(...[...offered(file), ...own].map(option))
  }

  function showPlaces() {
    const isOpen = file.state === 'conflict' && file.conflicts.length > 0
    places.replaceChildren(...(isOpen ? [conflictList(file, picks.get(file.path) ?? new Map(), pick)] : []))
  }

  /** Once every place has its side the file has its text. */
  function pick(number, side) {
    const own = picks.get(file.path) ?? new Map()
    picks.set(file.path, own.set(number, side))
    if (own.size < file.conflicts.length) return
    const theirs = new Set([...own].filter(([, taken]) => taken === 'theirs').map(([one]) => one))
    take({ text: settled(file, theirs) })
  }

  function take(next) {
    choice = next
    choose(file.path, choice)
    view = 'result'
    draw()
  }

  /** What is written is what is chosen; a cursor in the text stays where it is. */
  function written(text) {
    choice = { text }
    showOptions()
    choose(file.path, choice)
  }

  function option([value, text]) {
    const isChosen = value === 'text' ? typeof choice === 'object' : choice === value
    const radio = h('input', {
      type: 'radio',
      name: 'cartage-upgrade',
      value,
      checked: isChosen,
      onchange: () => take(value === 'text' ? { text } : value),
    })
    const words = text === undefined ? 'without' : value
    return h('label', { class: 'cartage-tick' }, radio, ' ', t(`upgrade.choice.${words}`))
  }

  const tab = (id) =>
    h(
      'button',
      {
        type: 'button',
        role: 'tab',
        'aria-selected': String(id === view),
        onclick() {
          view = id
          draw()
        },
      },
      t(`upgrade.view.${id}`),
    )

  return { element, show, close: () => diff.close() }
}
