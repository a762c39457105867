/*
 * The lines between the fields of the payload and the canonical fields. A line ends at its field's row, or at the row of
 * the nearest unfolded field above; lines of which no end is in sight are not drawn.
 */
import { h, perFrame } from './dom.mjs'
import { ancestorsOf } from './paths.mjs'

const SVG = 'http://www.w3.org/2000/svg'

function shape(tag, attributes, title) {
  const element = document.createElementNS(SVG, tag)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  if (title) element.append(Object.assign(document.createElementNS(SVG, 'title'), { textContent: title }))
  return element
}

/** `lit(link)` says whether a line belongs to what is looked at. */
export function createLines({ source, target, links, lit, choose }) {
  const svg = shape('svg', { class: 'cartage-wb-lines', 'aria-hidden': 'true' })
  const element = h('div', { class: 'cartage-wb-gutter' }, svg)

  const draw = perFrame(() => {
    const width = element.clientWidth
    const [left, right] = [ends(source), ends(target)]
    const drawn = links()
      .map((link) => ({ ...link, from: left(link.source), to: right(link.target), lit: lit(link) }))
      .filter(({ from, to }) => from && to && (from.inSight || to.inSight))
      .sort((one, other) => Number(one.lit) - Number(other.lit))
    svg.replaceChildren(...drawn.flatMap((link) => line(link, width, choose)))
    element.dataset.lines = String(drawn.length)
  })
  source.onScroll(draw)
  target.onScroll(draw)
  new ResizeObserver(draw).observe(element)

  /** Where the fields of one tree are, from the gutter's upper edge. */
  function ends(tree) {
    const shift = tree.element.getBoundingClientRect().top - element.getBoundingClientRect().top
    const height = tree.element.clientHeight
    const places = new Map()
    for (const [position, row] of tree.rows().entries()) if (!places.has(row.folded)) places.set(row.folded, position)
    return (path) => {
      const shown = [path, ...ancestorsOf(path)].find((candidate) => places.has(candidate))
      if (shown === undefined) return undefined
      const y = tree.middleOf(places.get(shown))
      return { y: y + shift, inSight: y >= 0 && y <= height }
    }
  }
  return { element, draw }
}

function line({ from, to, lit, functions, source, target }, width, choose) {
  const bend = width / 2
  const path = `M0,${from.y} C${bend},${from.y} ${bend},${to.y} ${width},${to.y}`
  const through = functions.length > 0 ? ` · $${functions.join(', $')}` : ''
  const looks = lit ? 'lit' : from.inSight && to.inSight ? '' : 'far'
  const drawn = shape('path', { d: path, class: looks, 'data-source': source, 'data-target': target })
  const wide = shape('path', { d: path, class: 'hit' }, `${source} → ${target}${through}`)
  wide.addEventListener('click', () => choose(target))
  const parts = [drawn, wide]
  if (functions.length > 0) parts.push(shape('circle', { cx: bend, cy: (from.y + to.y) / 2, r: 3, class: looks }))
  return parts
}
