import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { describe, it } from 'mocha'
import { configurationDocument } from '../../engine/configuration/document.ts'
import { packageRoot } from '../../engine/package-root.ts'
import { withPartnersTable } from '../../engine/partner/registry/table.ts'
import { split, tabOrder, toText, type FlowNode } from '../../nodes/settings/flow-files.ts'

const root = packageRoot()
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  'node-red': { nodes: Record<string, string>; plugins: Record<string, string> }
  dependencies: Record<string, string>
  devDependencies: Record<string, string>
}
/** Folders of nodes/ that hold no node of the palette. */
const NOT_NODES = ['durable-flow', 'settings', 'support', ...Object.keys(manifest['node-red'].plugins)]
const MAX_LINES = 400

function filesUnder(folder: string, suffix: RegExp): string[] {
  const path = join(root, folder)
  if (!existsSync(path)) return []
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => suffix.test(name))
    .map((name) => join(folder, name))
    .sort()
}

const read = (file: string): string => readFileSync(join(root, file), 'utf8')
const foldersIn = (folder: string): string[] =>
  existsSync(join(root, folder))
    ? readdirSync(join(root, folder), { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => entry.name)
    : []

describe('the palette', () => {
  const nodes = foldersIn('nodes').filter((name) => !NOT_NODES.includes(name))

  it('is listed in package.json, folder by folder', () => {
    const listed = manifest['node-red'].nodes
    assert.deepEqual(Object.keys(listed).sort(), nodes.sort())
    for (const [name, file] of Object.entries(listed)) assert.equal(file, `dist/nodes/${name}/${name}.js`)
  })

  for (const name of nodes) {
    it(`${name} has all its parts`, () => {
      const folder = `nodes/${name}`
      const parts = [
        `${folder}/${name}.ts`,
        `${folder}/${name}.html`,
        `${folder}/icons/${name}.svg`,
        `${folder}/locales/en-US/${name}.json`,
        `${folder}/locales/en-US/${name}.html`,
        `test/nodes/${name}.spec.ts`,
      ]
      assert.deepEqual(
        parts.filter((part) => !existsSync(join(root, part))),
        [],
      )
    })

    it(`${name} has an importable example that uses it`, () => {
      const examples = filesUnder('examples', /\.json$/).filter((file) =>
        (JSON.parse(read(file)) as FlowNode[]).some((node) => node.type === name),
      )
      assert.ok(examples.length > 0)
    })
  }

  it('examples are numbered one after the other', () => {
    const numbers = filesUnder('examples', /\.json$/).map((file) => Number.parseInt(basename(file), 10))
    assert.deepEqual(
      numbers.sort((one, other) => one - other),
      numbers.map((_, index) => index + 1),
    )
  })
})

/** What a file imports: files relative to the root, packages and built-ins under their own names. */
function imports(file: string, withTypes: boolean): string[] {
  const statement = /^(?:import|export)\s(type\s)?(?:[^'"]*?from\s+)?['"]([^'"]+)['"]|\bimport\(['"]([^'"]+)['"]\)/gm
  const found = [...read(file).matchAll(statement)].filter((match) => withTypes || match[1] === undefined)
  return found.map((match) => {
    const target = match[2] ?? match[3] ?? ''
    return target.startsWith('.') ? relative(root, join(root, file, '..', target)) : target
  })
}

describe('imports', () => {
  const sources = ['engine', 'nodes', 'simulators', 'demo', 'chaos', 'bench'].flatMap((folder) =>
    filesUnder(folder, /\.ts$/),
  )
  const graph = new Map(sources.map((file) => [file, imports(file, true)]))
  const offenders = (from: RegExp, to: RegExp): string[] =>
    [...graph]
      .filter(([file]) => from.test(file))
      .flatMap(([file, targets]) => targets.filter((target) => to.test(target)).map((target) => `${file} → ${target}`))

  it('see something at all', () => assert.ok([...graph.values()].flat().length > 50))
  it('never lead from the engine to nodes or to Node-RED', () =>
    assert.deepEqual(offenders(/^engine\//, /^(nodes|settings|simulators|demo|bench)\b|^@?node-red/), []))
  it('never lead to simulators, console or templates, except from simulators and the demo', () =>
    assert.deepEqual(offenders(/^(engine|nodes)\//, /^(simulators|console|templates)\//), []))
  it('know SQLite only in the embedded store', () =>
    assert.deepEqual(offenders(/^(?!engine\/store\/embedded\/|simulators\/)/, /^node:sqlite$/), []))
  it('know no other database in the engine than through the store', () =>
    assert.deepEqual(offenders(/^(?!engine\/store\/|chaos\/servers)/, /^(mongodb|ioredis|bullmq)$/), []))

  it('have no cycles, but for types, which are erased', () => {
    const done = new Set<string>()
    const cycles: string[] = []
    const visit = (file: string, path: string[]): void => {
      if (path.includes(file)) cycles.push([...path.slice(path.indexOf(file)), file].join(' → '))
      if (done.has(file) || path.includes(file)) return
      for (const target of graph.has(file) ? imports(file, false) : []) visit(target, [...path, file])
      done.add(file)
    }
    for (const file of graph.keys()) visit(file, [])
    assert.deepEqual(cycles, [])
  })
})

describe('partners', () => {
  const templates = foldersIn('templates').flatMap((kind) =>
    foldersIn(`templates/${kind}`).map((slug) => `templates/${kind}/${slug}`),
  )

  it('are never named in the engine or in a node', () => {
    const names = templates.map((folder) => basename(folder))
    const labels = templates.map((folder) => (JSON.parse(read(`${folder}/manifest.json`)) as { label: string }).label)
    const words = [...names, ...labels].map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    const named = new RegExp(`\\b(${words.join('|')})\\b`, 'i')
    const files = ['engine', 'nodes'].flatMap((folder) => filesUnder(folder, /\.(ts|html|json)$/))
    const offenders = files.flatMap(
      (file) =>
        named
          .exec(read(file))
          ?.slice(0, 1)
          .map((word) => `${file}: ${word}`) ?? [],
    )
    assert.deepEqual(words.length > 0 ? offenders : [], [])
  })

  for (const folder of templates) {
    it(`${folder} has samples, a README and an icon`, () => {
      assert.ok(filesUnder(`${folder}/samples`, /./).length > 0)
      assert.ok(existsSync(join(root, folder, 'README.md')))
      assert.ok(existsSync(join(root, folder, 'icon.svg')))
    })
  }
})

describe('files', () => {
  it(`have at most ${MAX_LINES} lines`, () => {
    const folders = ['engine', 'nodes', 'resources', 'simulators', 'demo', 'chaos', 'scripts', 'test', 'bench']
    const files = folders
      .flatMap((folder) => filesUnder(folder, /\.(ts|mjs|html)$/))
      .filter((file) => file !== 'engine/canonical/types.ts')
    const long = files
      .map((file) => [file, read(file).split('\n').length - 1] as const)
      .filter(([, lines]) => lines > MAX_LINES)
    assert.deepEqual(long, [])
  })

  it('of settings are documented as they are: npm run types', () =>
    assert.equal(read('docs/configuration.md'), configurationDocument()))

  it('of partners stand in the README with what they can do: npm run types', () =>
    assert.equal(read('README.md'), withPartnersTable(read('README.md'), join(root, 'templates'))))

  it('of flows are written as a deploy from the editor would write them', () => {
    const names = filesUnder('flows', /\.json$/)
    const order = JSON.parse(names.includes('flows/_order.json') ? read('flows/_order.json') : '[]') as string[]
    const nodes = names
      .filter((name) => !name.endsWith('_order.json'))
      .flatMap((name) => JSON.parse(read(name)) as FlowNode[])
    const expected = [...split(nodes, order)].map(([name, content]) => [`flows/${name}`, toText(content)] as const)
    for (const [name, text] of expected) assert.equal(names.includes(name) ? read(name) : 'no such file', text, name)
    assert.deepEqual(
      names.filter((name) => !name.endsWith('_order.json')),
      expected.map(([name]) => name).sort(),
    )
    assert.deepEqual([...order].sort(), tabOrder(nodes).sort())
  })

  it('of the manifest pin every dependency', () => {
    const loose = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }).filter(
      ([name, version]) => !/^\d+\.\d+\.\d+$/.test(version) && name !== '@types/node',
    )
    assert.deepEqual(loose, [])
  })
})
