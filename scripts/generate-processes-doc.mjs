/**
 * Writes docs/processes.md and a picture of each tab from the flow files and the titles of the scenarios. `processesDoc()`
 * returns all of it, so that a test can compare.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { drawTab } from './processes/picture.mjs'
import { readPalette } from './processes/palette.mjs'

const ROOT = resolve(import.meta.dirname, '..')
const PICTURES = 'docs/images/processes'

const INTRODUCTION = `# The processes

Generated from \`flows/*.json\` and the titles of \`test/scenarios/*.spec.ts\` by \`scripts/generate-processes-doc.mjs\`; change those
instead. Each picture is a tab as it stands in the editor. The scenarios run against simulated partners, whose ledgers judge them:
\`npm run test:scenarios\`.
`

/** @returns files by path below the repository: the document and its pictures */
export function processesDoc(root = ROOT) {
  const lookOf = readPalette(root)
  const tabs = tabsOf(root)
  const files = new Map()
  const sections = [...processesOf(root, tabs)].map(({ title, tab, scenarios }) => {
    if (tab) files.set(`${PICTURES}/${tab.file}.svg`, drawTab(tab.label, tab.nodes, lookOf))
    return section(title, tab, scenarios)
  })
  files.set('docs/processes.md', [INTRODUCTION, ...sections].join('\n'))
  return files
}

function section(title, tab, scenarios) {
  const picture = tab ? [`![The tab ${tab.label}](images/processes/${tab.file}.svg)`, ''] : []
  const list = scenarios.length > 0 ? ['Scenarios:', '', ...scenarios.map((one) => `- ${one}`), ''] : []
  return [`## ${title}`, '', ...(tab?.info ? [tab.info.trim(), ''] : []), ...picture, ...list].join('\n')
}

/** The tabs in the editor's order, each with what stands on it. */
export function tabsOf(root = ROOT) {
  const folder = join(root, 'flows')
  const order = JSON.parse(readFileSync(join(folder, '_order.json'), 'utf8'))
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json') && !name.startsWith('_'))
    .map((name) => {
      const nodes = JSON.parse(readFileSync(join(folder, name), 'utf8'))
      const { id, label, info } = nodes.find(({ type }) => type === 'tab')
      const own = nodes.filter((node) => node.z === id)
      return { id, label, info, file: basename(name, '.json'), nodes: own }
    })
    .sort((a, b) => order.indexOf(a.id) - order.indexOf(b.id))
}

/** By their numbers: those that have scenarios, and behind them tabs that have none. */
function processesOf(root, tabs) {
  const folder = join(root, 'test/scenarios')
  const specs = readdirSync(folder)
    .filter((name) => /^\d\d-.*\.spec\.ts$/.test(name))
    .sort()
  const proven = specs.map((name) => {
    const slug = name.slice(3, -'.spec.ts'.length)
    const { title, scenarios } = titlesOf(readFileSync(join(folder, name), 'utf8'))
    return { title: title ?? slug, tab: tabs.find(({ file }) => file === slug), scenarios }
  })
  const rest = tabs.filter((tab) => !proven.some((process) => process.tab === tab))
  return [...proven, ...rest.map((tab) => ({ title: tab.label, tab, scenarios: [] }))]
}

/** The title of the suite and those of its tests, as they are written down; one that is put together is left out. */
function titlesOf(text) {
  const quoted = `(['"\`])((?:\\\\.|(?!\\1)[^\\\\])*)\\1`
  const read = (word) =>
    [...text.matchAll(new RegExp(`^\\s*${word}\\(\\s*${quoted}`, 'gm'))]
      .filter(([, quote, title]) => quote !== '`' || !title.includes('${'))
      .map(([, , title]) => title.replaceAll(/\\(.)/g, '$1'))
  return { title: read('describe')[0], scenarios: read('it') }
}

if (import.meta.main) {
  const files = processesDoc()
  if (existsSync(join(ROOT, PICTURES))) rmSync(join(ROOT, PICTURES), { recursive: true })
  mkdirSync(join(ROOT, PICTURES), { recursive: true })
  for (const [file, text] of files) writeFileSync(join(ROOT, file), text)
}
