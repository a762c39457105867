/** How the editor shows each type of node: colour, icon and ports, read from the files that tell the editor. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const FOLDERS = ['nodes', 'node_modules/@node-red/nodes/core', 'node_modules/@flowfuse/node-red-dashboard/nodes']
/** The dashboard's nodes name a variable of its style sheet. */
const DASHBOARD = { light: '#a0e6ec', medium: '#91d7dd', dark: '#85c3c9', darkest: '#74acb1' }
const PLAIN = { color: '#ffffff', icon: undefined, inputs: 1, right: false }

/** @returns the look of a type; one that nobody describes is white and without an icon */
export function readPalette(root) {
  const icons = iconsOf(root)
  const looks = new Map()
  for (const file of FOLDERS.flatMap((folder) => htmlUnder(join(root, folder)))) {
    const parts = readFileSync(file, 'utf8')
      .split(/registerType\(\s*['"]/)
      .slice(1)
    for (const part of parts) {
      const type = /^[\w -]+/.exec(part)[0]
      const colour = /\bcolor:\s*['"](#?\w+)['"]/.exec(part)?.[1]
      const named = /\bcolor:\s*RED\._\(['"][^'"]*colors\.(\w+)['"]\)/.exec(part)?.[1]
      const icon = iconOf(part)
      looks.set(type, {
        color: colour ?? DASHBOARD[named] ?? PLAIN.color,
        icon: icons.get(icon),
        inputs: Number(/\binputs:\s*(\d)/.exec(part)?.[1] ?? 0),
        right: /\balign:\s*['"]right['"]/.test(part),
      })
    }
  }
  return (type) => looks.get(type) ?? PLAIN
}

/** The file that it names; of several that it chooses from, the last. */
function iconOf(part) {
  const told = /\bicon:\s*([\s\S]{0,240})/.exec(part)?.[1] ?? ''
  const plain = /^['"]([^'"]*)['"]/.exec(told)
  const named = plain ? [plain[1]] : [...told.matchAll(/['"]([\w./-]+\.svg)['"]/g)].map(([, file]) => file)
  return named.at(-1)?.split('/').at(-1)
}

/** File name → what the icon draws. */
function iconsOf(root) {
  const folders = [
    join(root, 'node_modules/@node-red/nodes/icons'),
    join(root, 'node_modules/@flowfuse/node-red-dashboard/nodes/widgets/icons'),
    ...readdirSync(join(root, 'nodes')).map((name) => join(root, 'nodes', name, 'icons')),
  ]
  const icons = new Map()
  for (const folder of folders.filter(existsSync))
    for (const name of readdirSync(folder).filter((one) => one.endsWith('.svg')))
      icons.set(name, drawing(readFileSync(join(folder, name), 'utf8')))
  return icons
}

/** The inside of an SVG file and its view box. */
function drawing(text) {
  const [head = '', inside = ''] = /<svg([^>]*)>([\s\S]*)<\/svg>/.exec(text)?.slice(1) ?? []
  const [width, height] = ['width', 'height'].map(
    (name) => /[\d.]+/.exec(new RegExp(`\\b${name}="([^"]*)"`).exec(head)?.[1] ?? '')?.[0],
  )
  const box = /viewBox="([^"]*)"/.exec(head)?.[1] ?? `0 0 ${width ?? 40} ${height ?? 60}`
  const clean = inside.replaceAll(
    /<(metadata|title|desc|defs)\b[\s\S]*?<\/\1>|<(?:sodipodi|inkscape):[^>]*\/?>|<!--[\s\S]*?-->/g,
    '',
  )
  return {
    box,
    inside: clean
      .replaceAll(/\s+(?:sodipodi|inkscape|xmlns):[\w-]+="[^"]*"|\s+id="[^"]*"/g, '')
      .replaceAll(/\s+/g, ' ')
      .trim(),
  }
}

function htmlUnder(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.html') && !name.includes('locales'))
    .map((name) => join(folder, name))
    .sort()
}
