/*
 * One file of an upgrade in three views: what the template has changed, what was changed here, and what comes of it. The
 * last can be written in; writing is a choice, too.
 */
import { h } from '../../workbench/dom.mjs'
import { t } from '../text.mjs'
import { createDiff } from './diff-editor.mjs'
import { offered, textOf } from './choices.mjs'

const VIEWS = {
  result: ({ yours }, choice, file) => [yours ?? '', textOf(file, choice)],
  theirs: ({ base, theirs }) => [base ?? '', theirs ?? ''],
  yours: ({ base, yours }) => [base ?? '', yours ?? ''],
}

/** `choose(path, choice)` is told of what is chosen: 'yours', 'theirs', 'merged' or `{ text }`. */
export function createFileView({ choose }) {
  const name = h('h4', {})
  const hint = h('p', { class: 'cartage-note-line' })
  const options = h('div', { class: 'cartage-upgrade-choice', role: 'radiogroup', 'aria-label': t('upgrade.choose') })
  const tabs = h('div', { class: 'cartage-wb-tabs', role: 'tablist', 'aria-label': t('upgrade.views') })
  const sides = h('div', { class: 'cartage-upgrade-sides', 'aria-hidden': 'true' })
  const place = h('div', { class: 'cartage-upgrade-diff' })
  const element = h('div', { class: 'cartage-upgrade-file' }, name, hint, options, tabs, sides, place)
  const diff = createDiff(place)
  let file
  let choice
  let view = 'result'

  function show(given, chosen) {
    file = given
    choice = chosen
    name.textContent = file.path
    hint.textContent = t(`upgrade.hint.${file.state}`)
    draw()
  }

  function draw() {
    options.replaceChildren(
      ...offered(file).map(option),
      choice && typeof choice === 'object' ? option(['text', choice.text]) : '',
    )
    tabs.replaceChildren(...Object.keys(VIEWS).map(tab))
    sides.replaceChildren(...['left', 'right'].map((side) => h('span', {}, t(`upgrade.sides.${view}.${side}`))))
    const [before, after] = VIEWS[view](file, choice, file)
    diff.show({ path: file.path, before, after, edited: view === 'result' ? written : undefined })
  }

  /** What is written is what is chosen; a cursor in the text stays where it is. */
  function written(text) {
    choice = { text }
    options.replaceChildren(...offered(file).map(option), option(['text', text]))
    choose(file.path, choice)
  }

  function option([value, text]) {
    const isChosen = value === 'text' ? typeof choice === 'object' : choice === value
    const radio = h('input', {
      type: 'radio',
      name: 'cartage-upgrade',
      value,
      checked: isChosen,
      onchange() {
        choice = value === 'text' ? { text } : value
        choose(file.path, choice)
        view = 'result'
        draw()
      },
    })
    return h(
      'label',
      { class: 'cartage-tick' },
      radio,
      ' ',
      t(text === undefined ? 'upgrade.choice.without' : `upgrade.choice.${value}`),
    )
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
