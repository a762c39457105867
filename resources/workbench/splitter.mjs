/* The bar between the trees and the text: dragged, or moved with the arrow keys. */
import { h } from './dom.mjs'

const STEP = 4
const [LEAST, MOST] = [20, 80]

/** `changed(percent)` is told the height of what is above. */
export function createSplitter({ label, start, changed }) {
  let percent = start
  const element = h('div', {
    class: 'cartage-wb-splitter',
    role: 'separator',
    tabIndex: 0,
    'aria-orientation': 'horizontal',
    'aria-label': label,
    'aria-valuemin': LEAST,
    'aria-valuemax': MOST,
  })
  const move = (to) => {
    percent = Math.max(LEAST, Math.min(MOST, to))
    element.setAttribute('aria-valuenow', String(Math.round(percent)))
    changed(percent)
  }
  element.addEventListener('keydown', ({ key }) => {
    const by = { ArrowUp: -STEP, ArrowDown: STEP }[key]
    if (by) move(percent + by)
  })
  element.addEventListener('pointerdown', (event) => element.setPointerCapture(event.pointerId))
  element.addEventListener('pointermove', (event) => {
    if (!element.hasPointerCapture(event.pointerId)) return
    const { top, height } = element.parentElement.getBoundingClientRect()
    move(((event.clientY - top) / height) * 100)
  })
  move(start)
  return { element }
}
