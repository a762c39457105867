import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Json } from '../../engine/json.ts'

/** A node as Node-RED keeps it; tabs and subflows are nodes as well. */
export interface FlowNode {
  id: string
  type: string
  z?: string
  [key: string]: Json | undefined
}

/** File name → its nodes. */
export type FlowFiles = Map<string, FlowNode[]>

export const ORDER_FILE = '_order.json'
const GLOBAL_FILE = '_global.json'
const KEYS_FIRST = ['id', 'type', 'z', 'g', 'name', 'label']
const KEYS_LAST = ['x', 'y', 'w', 'h', 'wires']

/**
 * The nodes in the one order in which Cartage keeps them: tab by tab in the order of `tabs`, then subflows, then
 * configuration nodes; inside each the container first and the rest by id; keys in a fixed order. So a moved node
 * changes two lines of one file, and Node-RED's revision (a hash over the array) is the same after a restart.
 */
export function arrange(nodes: readonly FlowNode[], tabs: readonly string[]): FlowNode[] {
  return [...split(nodes, tabs).values()].flat()
}

/** One file per tab and subflow, and one for the configuration nodes that belong to none. */
export function split(nodes: readonly FlowNode[], tabs: readonly string[]): FlowFiles {
  const sorted = nodes.map(withKeysInOrder).sort((a, b) => compare(a.id, b.id))
  const position = (node: FlowNode): number => (tabs.includes(node.id) ? tabs.indexOf(node.id) : tabs.length)
  const containers = [
    ...sorted.filter((node) => node.type === 'tab').sort((a, b) => position(a) - position(b)),
    ...sorted.filter((node) => node.type === 'subflow'),
  ]
  const names = fileNames(containers)
  const known = new Set(containers.map((node) => node.id))
  const files: FlowFiles = new Map()
  for (const container of containers) {
    const inside = sorted.filter((node) => node.z === container.id)
    const groups = inside.filter((node) => node.type === 'group')
    files.set(names.get(container.id)!, [container, ...groups, ...inside.filter((node) => node.type !== 'group')])
  }
  const rest = sorted.filter((node) => !known.has(node.id) && !known.has(node.z ?? ''))
  if (rest.length > 0) files.set(GLOBAL_FILE, rest)
  return files
}

export function tabOrder(nodes: readonly FlowNode[]): string[] {
  return nodes.filter((node) => node.type === 'tab').map((node) => node.id)
}

export function toText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}

/**
 * Reads a folder of flows, each file's text and all nodes arranged. Throws with the file's name on anything that is not
 * a flow: Node-RED's own storage takes a broken file as empty, and the next deploy would overwrite it.
 */
export function readFlowFolder(folder: string): { nodes: FlowNode[]; texts: Map<string, string> } {
  const texts = new Map<string, string>()
  const nodes: FlowNode[] = []
  const homes = new Map<string, string>()
  let tabs: string[] = []
  for (const name of existsSync(folder) ? readdirSync(folder).sort() : []) {
    if (!name.endsWith('.json')) continue
    const file = join(folder, name)
    const text = readFileSync(file, 'utf8')
    texts.set(name, text)
    const content = parsed(text, file)
    if (name === ORDER_FILE) tabs = content.filter((id) => typeof id === 'string')
    else for (const node of content) nodes.push(checked(node, file, homes))
  }
  return { nodes: arrange(nodes, tabs), texts }
}

function parsed(text: string, file: string): unknown[] {
  try {
    const content: unknown = JSON.parse(text)
    if (Array.isArray(content)) return content
  } catch (error) {
    throw new Error(`${file} is not valid JSON: ${(error as Error).message}`)
  }
  throw new Error(`${file} is not a flow: it must hold one array of nodes`)
}

function checked(value: unknown, file: string, homes: Map<string, string>): FlowNode {
  const { id, type } = (typeof value === 'object' && value !== null ? value : {}) as Partial<FlowNode>
  if (typeof id !== 'string' || typeof type !== 'string') throw new Error(`${file} holds a node without id or type`)
  const home = homes.get(id)
  if (home !== undefined) throw new Error(`${file} holds node ${id}, which ${home} holds as well`)
  homes.set(id, file)
  return value as FlowNode
}

function fileNames(containers: readonly FlowNode[]): Map<string, string> {
  const taken = new Set<string>()
  const names = new Map<string, string>()
  // by id, so that changing the order of two tabs with one label does not exchange their files
  for (const node of [...containers].sort((a, b) => compare(a.id, b.id))) {
    const base = (node.type === 'subflow' ? 'subflow-' : '') + slug(String(node.label ?? node.name ?? ''), node.id)
    let name = `${base}.json`
    for (let count = 2; taken.has(name); count += 1) name = `${base}-${count}.json`
    taken.add(name)
    names.set(node.id, name)
  }
  return names
}

/** A file name that is safe everywhere, whatever the label: letters, digits and hyphens; the id where none is left. */
function slug(label: string, id: string): string {
  const plain = (text: string): string =>
    text
      .normalize('NFKD')
      .replace(/\p{M}/gu, '')
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, 60)
  return plain(label) || plain(id) || 'flow'
}

function withKeysInOrder(node: FlowNode): FlowNode {
  const rest = Object.keys(node).filter((key) => !KEYS_FIRST.includes(key) && !KEYS_LAST.includes(key))
  const keys = [...KEYS_FIRST, ...rest.sort(compare), ...KEYS_LAST].filter((key) => key in node)
  return Object.fromEntries(keys.map((key) => [key, node[key]])) as FlowNode
}

/** By code unit: a locale's collation would differ from machine to machine. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
