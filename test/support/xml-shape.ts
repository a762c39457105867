import { XMLParser } from 'fast-xml-parser'

/** An element as XML means it: its name with its namespace, whatever prefix was chosen; attributes in any order, children in theirs. */
export interface Shape {
  name: string
  attributes: Record<string, string>
  children: (Shape | string)[]
}

type Ordered = Record<string, Ordered[] | string> & { ':@'?: Record<string, string> }

/** Two documents of one shape say the same. */
export function xmlShape(xml: Uint8Array): Shape[] {
  const parser = new XMLParser({
    preserveOrder: true,
    ignoreAttributes: false,
    attributeNamePrefix: '',
    parseTagValue: false,
    ignoreDeclaration: true,
    htmlEntities: true,
  })
  return shapes(parser.parse(Buffer.from(xml).toString('utf8')) as Ordered[], {}) as Shape[]
}

function shapes(nodes: Ordered[], outer: Record<string, string>): (Shape | string)[] {
  return nodes.map((node) => {
    const tag = Object.keys(node).find((key) => key !== ':@') ?? ''
    if (tag === '#text') return String(node[tag])
    const written = Object.entries(node[':@'] ?? {})
    const own = written.filter(([key]) => /^xmlns(:|$)/.test(key)).map(([key, uri]) => [key.slice(6), uri])
    const scope: Record<string, string> = { ...outer, ...Object.fromEntries(own) }
    const attributes = written
      .filter(([key]) => !/^xmlns(:|$)/.test(key))
      .map(([key, value]) => [key.includes(':') ? expanded(key, scope) : key, value])
    return {
      name: expanded(tag, scope),
      attributes: Object.fromEntries(attributes.sort()),
      children: shapes(node[tag] as Ordered[], scope),
    }
  })
}

function expanded(name: string, scope: Record<string, string>): string {
  const [prefix, local] = name.includes(':') ? name.split(':') : ['', name]
  return `{${scope[prefix ?? ''] ?? ''}}${local}`
}
