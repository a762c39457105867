/** Draws a tab of a flow file as the editor does: groups, nodes, ports and wires, where the file says they are. */

const NODE_HEIGHT = 30
const MARGIN = 20
const LINE = 18

/** Widths of letters in Helvetica at 14 px; what is not in here is as wide as an `a`. */
const WIDTHS = { "iljI|!.,:;'": 3.6, 'frt()[]{}"/ -': 4.6, 'mw%→…': 12, 'MW@': 13, 'ABCDEGHKNOPQRSTUVXYZ&': 9.8 }
const LETTERS = new Map(Object.entries(WIDTHS).flatMap(([letters, width]) => [...letters].map((one) => [one, width])))

const escaped = (text) =>
  String(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
const widthOf = (text) => [...text].reduce((sum, letter) => sum + (LETTERS.get(letter) ?? 7.8), 0)

/**
 * @param nodes what stands on one tab, the tab itself left out
 * @param lookOf how a type looks
 * @returns an SVG document; its size is what it draws
 */
export function drawTab(title, nodes, lookOf) {
  const groups = nodes.filter(({ type }) => type === 'group')
  const boxes = boxesOf(nodes, lookOf)
  const all = [...groups, ...boxes.values()]
  const left = Math.min(0, ...all.map(({ x }) => x - MARGIN))
  const right = Math.max(...all.map(({ x, w }) => x + w)) + MARGIN
  const bottom = Math.max(...all.map(({ y, h }) => y + h)) + MARGIN
  const icons = [...new Set([...boxes.values()].map(({ look }) => look.icon))].filter(Boolean)
  const symbols = icons.map(({ box, inside }, index) => `<symbol id="i${index}" viewBox="${box}">${inside}</symbol>`)
  const drawn = [
    ...groups.map(drawGroup),
    ...[...boxes.values()].flatMap((box) => wiresOf(box, boxes)),
    ...[...boxes.values()].map((box) => drawNode(box, icons.indexOf(box.look.icon))),
  ]
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${left} 0 ${right - left} ${bottom}" width="${right - left}" height="${bottom}" font-family="Helvetica, Arial, sans-serif" font-size="14">`,
    `<title>${escaped(title)}</title>`,
    '<style>.w{fill:none;stroke:#999;stroke-width:3}.p{fill:#d9d9d9;stroke:#999}.n{stroke:#999}.t{fill:#333}</style>',
    ...(symbols.length > 0 ? [`<defs>${symbols.join('')}</defs>`] : []),
    `<rect x="${left}" width="${right - left}" height="${bottom}" rx="6" fill="#fff" stroke="#d0d7de"/>`,
    ...drawn,
    '</svg>',
    '',
  ].join('\n')
}

/** Where the nodes of a tab stand, by id: `x`, `y` of the upper left corner, `w`, `h`. */
export function boxesOf(nodes, lookOf) {
  const drawn = nodes.filter(({ x, type }) => x !== undefined && type !== 'group')
  return new Map(drawn.map((node) => [node.id, boxOf(node, lookOf(node.type))]))
}

/** Where a node stands. Its width follows from its label, in steps of the editor's grid; `x` and `y` of a file are its middle. */
function boxOf(node, look) {
  const label = labelOf(node)
  const lines = label.split('\\n')
  const outputs = node.wires?.length ?? 0
  const hidden = node.l === false || (node.l === undefined && node.type.startsWith('link '))
  const text = Math.max(...lines.map(widthOf))
  const w = hidden ? NODE_HEIGHT : Math.max(100, 20 * Math.ceil((text + 50 + (look.inputs > 0 ? 7 : 0)) / 20))
  const h = Math.max(NODE_HEIGHT, 15 * outputs, 6 + LINE * lines.length)
  return { node, look, lines: hidden ? [] : lines, outputs, x: node.x - w / 2, y: node.y - h / 2, w, h }
}

const labelOf = ({ name, type, label }) => name || label || type

function drawGroup({ x, y, w, h, name, style = {} }) {
  const { fill = 'none', stroke = '#999', color = '#666' } = style
  const opacity = style['fill-opacity'] ?? 1
  const frame = `<rect x="${x}" y="${y}" width="${w}" height="${h}" rx="4" fill="${fill}" fill-opacity="${opacity}" stroke="${stroke}"/>`
  return name ? `${frame}<text x="${x + 8}" y="${y + 20}" fill="${color}">${escaped(name)}</text>` : frame
}

function drawNode({ node, look, lines, outputs, x, y, w, h }, icon) {
  const comment = node.type === 'comment'
  const strip = look.right ? x + w - 30 : x
  const off = node.d ? ' stroke-dasharray="4 3" opacity="0.5"' : ''
  const parts = [`<rect class="n" x="${x}" y="${y}" width="${w}" height="${h}" rx="5" fill="${look.color}"/>`]
  if (!comment) parts.push(`<path d="M${strip} ${y}h30v${h}h-30z" fill="#000" fill-opacity="0.05"/>`)
  if (icon >= 0)
    parts.push(
      `<use href="#i${icon}" x="${strip}" y="${y + h / 2 - 15}" width="30" height="30"${comment ? ' style="filter:invert(0.5)"' : ''}/>`,
    )
  const left = look.right ? x + 8 : x + 38
  const first = y + h / 2 + 5 - (LINE * (lines.length - 1)) / 2
  for (const [index, line] of lines.entries())
    parts.push(
      `<text class="t" x="${left}" y="${first + LINE * index}" textLength="${Math.round(widthOf(line))}" lengthAdjust="spacingAndGlyphs">${escaped(line)}</text>`,
    )
  if (look.inputs > 0 && !comment) parts.push(port(x, y + h / 2))
  for (let output = 0; output < outputs; output += 1) parts.push(port(x + w, outputY(y, h, output, outputs)))
  return `<g${off}>${parts.join('')}</g>`
}

const port = (x, y) => `<rect class="p" x="${x - 5}" y="${y - 5}" width="10" height="10" rx="3"/>`
const outputY = (y, h, output, outputs) => y + h / 2 + 13 * (output - (outputs - 1) / 2)

function wiresOf({ node, x, y, w, h, outputs }, boxes) {
  return (node.wires ?? []).flatMap((targets, output) =>
    targets.flatMap((target) => {
      const to = boxes.get(target)
      return to ? [wire(x + w, outputY(y, h, output, outputs), to.x, to.y + to.h / 2)] : []
    }),
  )
}

/** Forwards an S; backwards a loop around both ends. */
function wire(x1, y1, x2, y2) {
  const [dx, dy] = [x2 - x1, y2 - y1]
  if (dx > 0) {
    const bend = Math.min(75, 0.75 * Math.hypot(dx, dy))
    return `<path class="w" d="M${x1} ${y1}C${round(x1 + bend)} ${y1} ${round(x2 - bend)} ${y2} ${x2} ${y2}"/>`
  }
  const [middle, reach] = [round((y1 + y2) / 2 + (Math.abs(dy) < 20 ? 30 : 0)), 60]
  return `<path class="w" d="M${x1} ${y1}C${x1 + reach} ${y1} ${x1 + reach} ${middle} ${round((x1 + x2) / 2)} ${middle}S${x2 - reach} ${y2} ${x2} ${y2}"/>`
}

const round = (value) => Math.round(value * 10) / 10
