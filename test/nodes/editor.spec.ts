import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const NODES = join(import.meta.dirname, '../../nodes')
const EXAMPLES = join(import.meta.dirname, '../../examples')
/** The plugin's page is no node. */
const TYPES = readdirSync(NODES).filter(
  (folder) => folder !== 'cartage' && existsSync(join(NODES, folder, `${folder}.html`)),
)

type Texts = { [key: string]: string | Texts }
type ExampleNode = {
  id: string
  type: string
  z?: string
  x?: number
  y?: number
  wires?: string[][]
  partner?: string
}

const read = (...parts: string[]) => readFileSync(join(NODES, ...parts), 'utf8')
const texts = (type: string, language: string) => JSON.parse(read(type, 'locales', language, `${type}.json`)) as Texts

/** Every dotted key of a catalogue. */
function keysOf(value: string | Texts, path = ''): string[] {
  if (typeof value === 'string') return [path]
  return Object.entries(value).flatMap(([key, below]) => keysOf(below, path ? `${path}.${key}` : key))
}

/** Keys that a form asks for: data-i18n (with its `[attribute]` prefixes) and literal `_('…')` calls. */
function keysUsed(html: string): string[] {
  const marked = [...html.matchAll(/data-i18n="([^"]+)"/g)].flatMap((found) => found[1]!.split(';'))
  const called = [...html.matchAll(/_\('([a-z-]+\.[\w.]+)'/g)].map((found) => found[1]!)
  return [...marked.map((key) => key.replace(/^\[[^\]]+\]/, '')), ...called].filter((key) => !key.includes(':'))
}

/** Badges of which the key is no text in the source. */
const COMPUTED: Record<string, string[]> = {
  mode: ['paused', 'draining'],
  'result.outcome': ['moved', 'noted'],
  'entry.state': ['expected', 'matched', 'mismatched', 'proposed', 'released', 'refused', 'posted'],
  outcome: ['whole', 'part', 'unclear'],
  what: ['released', 'held', 'accepted', 'credited'],
}

/** Keys of the badges that a node's own source, and what it shares with others, can show. */
function badgesOf(type: string): string[] {
  const own = read(type, `${type}.ts`)
  const shared = ['register', 'durable-source'].filter((name) => own.includes(`support/${name}.ts`))
  const sources = [own, ...shared.map((name) => read('support', `${name}.ts`))]
  const keys = sources.flatMap((source) => [...source.matchAll(/badge\([^;]*?\bkey: ([^\n]+)/g)].map(([, key]) => key!))
  return keys.flatMap((key) => {
    const [asked = ''] = key.split(/, (?:values|fill)| \}/)
    const spoken = [...asked.replace(/=== '\w+'/g, '').matchAll(/'(\w+)'/g)].map(([, word]) => word!)
    const computed = COMPUTED[asked]
    assert.ok(spoken.length > 0 || computed, `${type}: which badges are ${asked}?`)
    return spoken.length > 0 ? spoken : computed!
  })
}

describe('the palette in the editor', () => {
  it('has its thirty nodes', () => {
    assert.equal(TYPES.length, 30)
  })

  for (const type of TYPES) {
    describe(type, () => {
      it('registers itself once and brings form, texts, help and icon', () => {
        const html = read(type, `${type}.html`)
        assert.deepEqual(
          [...html.matchAll(/registerType\('([^']+)'/g)].map((found) => found[1]),
          [type],
        )
        assert.match(html, new RegExp(`data-template-name="${type}"`))
        assert.match(read(type, 'locales/en-US', `${type}.html`), new RegExp(`data-help-name="${type}"`))
        assert.match(read(type, 'icons', `${type}.svg`), /viewBox="0 0 40 60"/)
      })

      it('has a text for every key that its form asks for', () => {
        const known = new Set(keysOf(texts(type, 'en-US')))
        assert.deepEqual(
          keysUsed(read(type, `${type}.html`)).filter((key) => !known.has(key)),
          [],
        )
      })

      it('has a text for every badge that it shows', () => {
        const known = new Set(keysOf(texts(type, 'en-US')))
        assert.deepEqual(
          badgesOf(type).filter((key) => !known.has(`${type}.status.${key}`)),
          [],
        )
      })

      it('is translated as a whole or not at all', () => {
        for (const language of readdirSync(join(NODES, type, 'locales'))) {
          assert.deepEqual(keysOf(texts(type, language)).sort(), keysOf(texts(type, 'en-US')).sort(), language)
        }
      })

      it('has an example flow', () => {
        const own = readdirSync(EXAMPLES).filter((file) => file.includes(`(${type})`))
        assert.equal(own.length, 1)
        const nodes = JSON.parse(readFileSync(join(EXAMPLES, own[0]!), 'utf8')) as ExampleNode[]
        assert.ok(nodes.some((node) => node.type === type))
        assert.ok(nodes.some((node) => node.type === 'comment'))
      })
    })
  }
})

describe('the example flows', () => {
  for (const file of readdirSync(EXAMPLES)) {
    it(`${file} reads from left to right, with every wire and partner in place and no secret`, () => {
      const source = readFileSync(join(EXAMPLES, file), 'utf8')
      const nodes = new Map((JSON.parse(source) as ExampleNode[]).map((node) => [node.id, node]))
      assert.doesNotMatch(source, /"credentials"/)
      for (const node of nodes.values()) {
        if (node.partner) assert.equal(nodes.get(node.partner)?.type, 'partner', `${node.type}'s partner`)
        for (const target of (node.wires ?? []).flat()) {
          assert.ok((nodes.get(target)?.x ?? Number.NEGATIVE_INFINITY) > (node.x ?? 0), `${node.type} → ${target}`)
        }
      }
    })
  }
})
