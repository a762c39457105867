/*
 * A tree that draws only the rows in sight: a payload of 200 KB scrolls and is searched like a small one. One stop of the
 * keyboard's Tab; arrows walk, right and left unfold and fold, Enter picks.
 */
import { h, perFrame } from './dom.mjs'

export const ROW = 24
/** Rows drawn beyond the edges, so that scrolling shows no gaps. */
const MARGIN = 8

/**
 * `draw(row)` gives a row's content. `on.toggle(row, open)`, `on.select(row)` (walked or clicked), `on.pick(row)` (Enter,
 * double click), `on.key(event, row)` for more keys. `drag(row)` gives what is dragged, `drop` takes it.
 */
export function createTree({ label, draw, on, drag, drop }) {
  const id = `cartage-tree-${Math.random().toString(36).slice(2)}`
  const inner = h('div', { class: 'cartage-wb-rows', role: 'presentation' })
  const element = h('div', { class: 'cartage-wb-tree', role: 'tree', tabIndex: 0, 'aria-label': label }, inner)
  let rows = []
  let index = new Map()
  let current = -1
  let marks = new Map()
  const scrolled = new Set()

  const paint = perFrame(() => {
    const from = Math.max(0, Math.floor(element.scrollTop / ROW) - MARGIN)
    const until = Math.min(rows.length, Math.ceil((element.scrollTop + element.clientHeight) / ROW) + MARGIN)
    inner.replaceChildren(...rows.slice(from, until).map((row, offset) => paintRow(row, from + offset)))
    touch()
    for (const told of scrolled) told()
  })

  function paintRow(row, position) {
    return h(
      'div',
      {
        style: `top: ${position * ROW}px; padding-left: ${6 + row.depth * 14}px`,
        id: `${id}-${position}`,
        role: 'treeitem',
        'aria-level': row.depth + 1,
        'aria-expanded': row.open === undefined ? undefined : String(row.open),
        'data-path': row.path,
        draggable: drag?.(row) !== undefined,
      },
      h('i', {
        class: `cartage-wb-fold fa ${row.open === undefined ? '' : `fa-caret-${row.open ? 'down' : 'right'}`}`,
        'aria-hidden': 'true',
      }),
      draw(row),
    )
  }

  /** What is looked at, on the rows that are there: drawn anew, a row would be lost to the click or drag it is in. */
  function touch() {
    for (const drawn of inner.children) {
      const position = index.get(drawn.dataset.path)
      const mark = marks.get(rows[position]?.folded) ?? ''
      drawn.className = `cartage-wb-row ${mark}${position === current ? ' current' : ''}`
      drawn.setAttribute('aria-selected', String(position === current))
    }
    if (current >= 0) element.setAttribute('aria-activedescendant', `${id}-${current}`)
  }

  const rowOf = (event) => rows[index.get(event.target.closest?.('.cartage-wb-row')?.dataset.path)]

  function moveTo(position, tell = true) {
    if (rows.length === 0) return
    current = Math.max(0, Math.min(rows.length - 1, position))
    reveal(current)
    touch()
    if (tell) on.select?.(rows[current])
  }

  function reveal(position) {
    const [top, bottom] = [position * ROW, (position + 1) * ROW]
    if (top < element.scrollTop) element.scrollTop = top
    else if (bottom > element.scrollTop + element.clientHeight) element.scrollTop = bottom - element.clientHeight
  }

  const page = () => Math.max(1, Math.floor(element.clientHeight / ROW) - 1)
  const parentOf = (position) => {
    let above = position - 1
    while (above >= 0 && rows[above].depth >= rows[position].depth) above -= 1
    return above
  }
  const keys = {
    ArrowDown: () => moveTo(current + 1),
    ArrowUp: () => moveTo(current - 1),
    PageDown: () => moveTo(current + page()),
    PageUp: () => moveTo(current - page()),
    Home: () => moveTo(0),
    End: () => moveTo(rows.length - 1),
    ArrowRight: (row) => (row?.open === false ? on.toggle(row, true) : row?.open && moveTo(current + 1)),
    ArrowLeft: (row) =>
      row?.open ? on.toggle(row, false) : row && parentOf(current) >= 0 && moveTo(parentOf(current)),
    Enter: (row) => row && on.pick?.(row),
    ' ': (row) => row && on.pick?.(row),
  }

  element.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const act = keys[event.key]
    if (act) {
      event.preventDefault()
      act(rows[current])
    } else on.key?.(event, rows[current])
  })
  element.addEventListener('focus', () => current < 0 && moveTo(0, false))
  element.addEventListener('scroll', paint, { passive: true })
  element.addEventListener('click', (event) => {
    const row = rowOf(event)
    if (!row) return
    if (event.target.closest('.cartage-wb-fold') && row.open !== undefined) on.toggle(row, !row.open)
    else moveTo(index.get(row.path))
  })
  element.addEventListener('dblclick', (event) => {
    const row = rowOf(event)
    if (row?.open !== undefined) on.toggle(row, !row.open)
    else if (row) on.pick?.(row)
  })
  if (drag) element.addEventListener('dragstart', (event) => startDrag(event, drag(rowOf(event)), rowOf(event)?.path))
  if (drop) takeDrops(element, rowOf, drop)
  new ResizeObserver(paint).observe(element)

  return {
    element,
    focus: () => element.focus(),
    current: () => rows[current],
    /** The row that the keyboard is on stays the same one, if it is still there. */
    show(next) {
      const path = rows[current]?.path
      rows = next
      index = new Map(rows.map((row, position) => [row.path, position]))
      current = index.get(path) ?? Math.min(current, rows.length - 1)
      // At once: whoever scrolls next needs the room.
      inner.style.height = `${rows.length * ROW}px`
      paint()
    },
    /** Classes by folded path. */
    mark(next) {
      marks = next
      touch()
    },
    /** Shows a row and puts the keyboard on it, without telling. */
    goTo(path) {
      if (index.has(path)) moveTo(index.get(path), false)
    },
    /** Scrolls to the first of these rows, unless one of them is in sight already. */
    scrollTo(paths) {
      const places = paths.map((path) => index.get(path)).filter((position) => position !== undefined)
      const inSight = (position) =>
        position * ROW >= element.scrollTop && (position + 1) * ROW <= element.scrollTop + element.clientHeight
      if (places.length > 0 && !places.some(inSight))
        element.scrollTop = Math.max(0, places[0] * ROW - element.clientHeight / 3)
    },
    repaint: paint,
    onScroll: (told) => scrolled.add(told),
    rows: () => rows,
    /** Where a row's middle is, in pixels below the tree's upper edge; it may be out of sight. */
    middleOf: (position) => position * ROW + ROW / 2 - element.scrollTop,
  }
}

/** What is dragged goes along by its name; the browser takes its picture once, from what stands in the page. */
function startDrag(event, data, name) {
  if (data === undefined) return
  event.dataTransfer.setData('text/plain', data)
  event.dataTransfer.effectAllowed = 'copyLink'
  const ghost = h('div', { class: 'cartage-wb-ghost' }, name)
  document.body.append(ghost)
  event.dataTransfer.setDragImage(ghost, -10, 10)
  setTimeout(() => ghost.remove())
}

function takeDrops(element, rowOf, drop) {
  let over
  const leave = () => {
    over?.classList.remove('over')
    over = undefined
  }
  element.addEventListener('dragover', (event) => {
    const row = rowOf(event)
    if (!row) return
    event.preventDefault()
    event.dataTransfer.dropEffect = 'link'
    const target = event.target.closest('.cartage-wb-row')
    if (target === over) return
    leave()
    over = target
    over.classList.add('over')
  })
  element.addEventListener('dragleave', (event) => !element.contains(event.relatedTarget) && leave())
  element.addEventListener('drop', (event) => {
    const row = rowOf(event)
    leave()
    if (!row) return
    event.preventDefault()
    drop(row, event.dataTransfer.getData('text/plain'))
  })
}
