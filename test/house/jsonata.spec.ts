import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Node, parse } from '../../engine/mapping/trace/syntax.ts'
import { packageRoot } from '../../engine/package-root.ts'

const root = packageRoot()
const filesIn = (folder: string, suffix: RegExp): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => suffix.test(name))
    .map((name) => join(folder, name))
const read = (file: string): string => readFileSync(join(root, file), 'utf8')

/** What is evaluated without our bounds has to come to its end by what it is made of. */
const BOUNDED = new Set([
  ...['literal', 'name', 'variable', 'path', 'filter', 'operation', 'object', 'list', 'block', 'call', 'condition'],
])
const CALLED = ['sum', 'count', 'exists', 'not', 'lookup', 'round', 'toMillis', 'fromMillis']

describe('JSONata is evaluated in one place, which is guarded', () => {
  const sources = ['engine', 'nodes', 'resources', 'scripts'].flatMap((folder) =>
    filesIn(folder, /\.(ts|mjs|js|html)$/),
  )

  it('nothing but engine/mapping knows the reference', () => {
    const imports = /(?:from|import\(|require\()\s*['"]jsonata(?:\/[^'"]*)?['"]/
    const outside = sources.filter((file) => !file.startsWith('engine/mapping/') && imports.test(read(file)))
    assert.deepEqual(outside, [])
    assert.ok(sources.some((file) => imports.test(read(file))))
  })

  it('no node has Node-RED evaluate it', () => {
    const unguarded = /prepareJSONataExpression|evaluateJSONataExpression/
    assert.deepEqual(
      sources.filter((file) => unguarded.test(read(file))),
      [],
    )
    const typed = read('nodes/support/typed.ts')
    assert.match(typed, /type === 'jsonata'\) return kit\.cartage\.evaluate/)
    const readers = sources.filter((file) => /evaluateNodeProperty\(/.test(read(file)))
    assert.deepEqual(readers, ['nodes/support/typed.ts'])
  })

  /** Node-RED's own nodes know no bounds: what our flows have them evaluate must need none. */
  it('what flows have nodes of Node-RED evaluate is made of names, sums and comparisons', () => {
    const found: string[] = []
    for (const file of ['flows', 'examples', 'templates'].flatMap((folder) => filesIn(folder, /\.json$/))) {
      const nodes: unknown = JSON.parse(read(file))
      for (const one of Array.isArray(nodes) ? nodes : []) found.push(...expressionsOf(one))
    }
    assert.ok(found.length >= 6)
    for (const expression of found) assertBounded(parse(expression), expression)
  })
})

/** JSONata in the fields of a node of Node-RED: `"to": "…", "tot": "jsonata"`. */
function expressionsOf(node: unknown): string[] {
  if (node === null || typeof node !== 'object') return []
  const fields = node as Record<string, unknown>
  if (!['change', 'switch', 'inject', 'split', 'sort', 'join', 'batch'].includes(String(fields.type))) return []
  const texts: string[] = []
  const visit = (part: unknown): void => {
    if (part === null || typeof part !== 'object') return
    const { to, tot, property, propertyType, v, vt, t } = part as Record<string, string>
    if (tot === 'jsonata') texts.push(to!)
    if (propertyType === 'jsonata') texts.push(property!)
    if (vt === 'jsonata' || t === 'jsonata_exp') texts.push(v!)
    for (const inner of Object.values(part)) visit(inner)
  }
  visit(fields)
  return texts
}

function assertBounded(part: unknown, expression: string): void {
  if (part === null || typeof part !== 'object') return
  const { kind, callee } = part as { kind?: Node['kind']; callee?: { name?: string } }
  if (kind !== undefined) assert.ok(BOUNDED.has(kind), `${kind} in ${expression}`)
  if (callee) assert.ok(CALLED.includes(callee.name ?? ''), `$${callee.name} in ${expression}`)
  for (const inner of Object.values(part)) assertBounded(inner, expression)
}
