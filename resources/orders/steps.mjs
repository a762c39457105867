/* The picture of a process: a line from what was done to what is to come, each step with its sign, never a colour alone. */
import { h } from '../workbench/dom.mjs'
import { t, when } from './text.mjs'
import { waitLine } from './wait.mjs'

const SIGNS = {
  done: 'check',
  'under way': 'spinner',
  waiting: 'hourglass-half',
  failed: 'times',
  undone: 'undo',
  'not needed': 'minus',
  'to come': 'circle-o',
}

export function stepsPicture(steps, labels) {
  return h(
    'ol',
    { class: 'cartage-order-steps', 'aria-label': t('steps') },
    ...steps.map((step) =>
      h('li', { class: step.state.replace(' ', '-'), 'data-step': step.id }, ...drawn(step, labels)),
    ),
  )
}

function drawn(step, labels) {
  const { title, state, at, partner, waitsFor, why, code, undo } = step
  return [
    h(
      'span',
      { class: 'sign', title: stateWord(state) },
      h('i', { class: `fa fa-${SIGNS[state]}`, 'aria-hidden': 'true' }),
    ),
    h(
      'div',
      {},
      h('b', {}, title),
      ' ',
      state !== 'done' && h('span', { class: 'state' }, stateWord(state)),
      h(
        'small',
        {},
        [partner && (labels[partner] ?? partner), at && when(at)].filter(Boolean).join(', '),
        flowLink(step),
      ),
      waitsFor && h('p', {}, waitLine(waitsFor, labels)),
      !waitsFor && (why ?? code) && h('p', {}, why ?? code),
      undo && h('p', { class: 'undo' }, undoLine(undo)),
    ),
  ]
}

const stateWord = (state) => t(`state.${state.replace(' ', '-')}`)

function undoLine({ possible, why }) {
  if (possible) return t('undo.possible')
  return why ? t('undo.notBecause', { why }) : t('undo.not')
}

/** To the tab that did it, where it is among those that are open here. */
function flowLink({ process }) {
  const tab = RED.nodes.workspace(`tab-${process}`) ?? RED.nodes.workspace(process)
  return (
    tab &&
    h('button', { type: 'button', class: 'cartage-order-flow', onclick: () => RED.workspaces.show(tab.id) }, tab.label)
  )
}
