/* Each place that both have changed, with both sides and what it was: one of them is taken. */
import { h } from '../../workbench/dom.mjs'
import { t } from '../text.mjs'
import { placeOf, yoursOf } from './conflicts.mjs'

/** `picks`: by number of the conflict 'yours' or 'theirs'. `pick(number, side)` is told of a choice. */
export function conflictList(file, picks, pick) {
  return h('ol', { class: 'cartage-conflicts' }, ...file.conflicts.map((conflict, number) => row(conflict, number)))

  function row(conflict, number) {
    const sides = { yours: yoursOf(file, conflict), theirs: conflict.theirs }
    return h(
      'li',
      {},
      h('b', {}, conflict.path ? placeOf(conflict) : t('upgrade.line', { n: placeOf(conflict) })),
      conflict.base && h('p', {}, t('upgrade.was'), ' ', h('code', {}, conflict.base)),
      ...Object.entries(sides).map(([side, text]) => option(side, text, number)),
    )
  }

  function option(side, text, number) {
    const radio = h('input', {
      type: 'radio',
      name: `cartage-conflict-${number}`,
      value: side,
      checked: picks.get(number) === side,
      onchange: () => pick(number, side),
    })
    return h(
      'label',
      { class: 'cartage-tick' },
      radio,
      ' ',
      t(`upgrade.choice.${side}`),
      ' ',
      text ? h('code', {}, text) : t('upgrade.choice.nothing'),
    )
  }
}
