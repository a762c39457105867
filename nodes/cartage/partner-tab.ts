import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Row, rowsOf } from '../../engine/partner/registry/rows.ts'
import type { Origin } from '../../engine/partner/registry/own-store.ts'
import type { EnvironmentName, Profile } from '../../engine/partner/profile.ts'
import type { FlowNode } from '../settings/flow-files.ts'

/** What makes a profile an account, but for its secrets. */
export interface Account {
  environment?: EnvironmentName
  baseUrl?: string
  parameters?: Readonly<Record<string, string>>
}

export interface PartnerTab {
  /** The tab, what stands on it, and the configuration node. */
  nodes: FlowNode[]
  configNode: string
}

/** Where the pieces of tabs are that partners of a kind share. */
export interface TabOptions {
  pieces: string
  /** From what the partner was made. */
  origin?: Origin
  /** Gives the id of a node by the piece and the name in it; drawn when left out. */
  idOf?: (piece: string, name: string) => string
}

/** Distance from one piece to the next. */
const GAP = 30
/** Names by which the pieces know the tab and the configuration node. */
const [TAB, CONFIG] = ['tab', 'partner']

/**
 * The tab of a partner, as it is imported into the editor: what the partner tells us, from left to right. A partner whose folder
 * has a `flow.json` gets that one, the others what their profile asks for, piece by piece.
 */
export function partnerTab(
  profile: Profile,
  account: Account,
  { pieces, origin, idOf = drawnIds() }: TabOptions,
): PartnerTab {
  const configNode = idOf('', CONFIG)
  const config = configOf(profile, account, configNode)
  const own = join(profile.folder, 'flow.json')
  if (existsSync(own)) return { nodes: [...ownNodes(own, config, idOf), config], configNode }
  const tab: FlowNode = {
    ...{ id: idOf('', TAB), type: 'tab', label: profile.label, disabled: false, env: [] },
    info: infoOf(profile, origin),
  }
  const nodes: FlowNode[] = [tab]
  let top = GAP
  for (const row of rowsOf(profile)) {
    const piece = JSON.parse(readFileSync(join(pieces, `${row.piece}.json`), 'utf8')) as FlowNode[]
    const names = new Set(piece.map(({ id }) => id))
    const id = (name: string) => idOf(name === TAB || name === CONFIG ? '' : row.id, name)
    const isName = (text: string) => names.has(text) || text === TAB || text === CONFIG
    for (const node of piece) nodes.push(placed(filled(node, row, profile, isName, id), top))
    top += Number(piece.find(({ type }) => type === 'group')?.h ?? 0) + GAP
  }
  return { nodes: [...nodes, config], configNode }
}

function infoOf({ id, version }: Profile, { template, version: from }: Origin = { template: id, version }): string {
  return `Partner ${id}, made from the template ${template} in version ${from}.`
}

function configOf({ id, label }: Profile, account: Account, configNode: string): FlowNode {
  return {
    ...{ id: configNode, type: 'partner', name: label, template: id, environment: account.environment ?? '' },
    ...{ baseUrl: account.baseUrl ?? '', parameters: JSON.stringify(account.parameters ?? {}) },
  }
}

/** Fields that hold ids, or lists of them; a text that happens to read like an id stays what it is. */
const ID_FIELDS = new Set(['id', 'z', 'g', 'nodes', 'wires', 'links', 'scope', 'partner'])

function filled(
  node: FlowNode,
  row: Row,
  profile: Profile,
  isName: (text: string) => boolean,
  id: (name: string) => string,
): FlowNode {
  const words: Record<string, string> = { slug: profile.id, label: profile.label, ...row.words }
  const fill = (text: string) => text.replaceAll(/\{([a-z]+)\}/g, (all, name: string) => words[name] ?? all)
  const replace = (value: unknown, holdsIds: boolean): unknown => {
    if (typeof value === 'string') return holdsIds && isName(value) ? id(value) : fill(value)
    if (Array.isArray(value)) return value.map((item) => replace(item, holdsIds))
    return value
  }
  return Object.fromEntries(
    Object.entries(node).map(([field, value]) => [field, replace(value, ID_FIELDS.has(field))]),
  ) as unknown as FlowNode
}

function placed(node: FlowNode, top: number): FlowNode {
  return { ...node, y: Number(node.y) + top }
}

/** A folder's own tab: every id anew, its configuration node in the place of the one that stands in it. */
function ownNodes(file: string, config: FlowNode, idOf: (piece: string, name: string) => string): FlowNode[] {
  const nodes = JSON.parse(readFileSync(file, 'utf8')) as FlowNode[]
  const ids = new Map(nodes.map((node) => [node.id, node.type === 'partner' ? config.id : idOf('own', node.id)]))
  const replace = (value: unknown): unknown => {
    if (typeof value === 'string') return ids.get(value) ?? value
    if (Array.isArray(value)) return value.map(replace)
    return value
  }
  const isOwn = ({ type }: FlowNode) => type !== 'partner'
  return nodes
    .filter(isOwn)
    .map(
      (node) => Object.fromEntries(Object.entries(node).map(([field, value]) => [field, replace(value)])) as FlowNode,
    )
}

/** Ids as the editor draws them, one per name. */
function drawnIds(): (piece: string, name: string) => string {
  const drawn = new Map<string, string>()
  return (piece, name) => {
    const key = `${piece}/${name}`
    const id = drawn.get(key) ?? randomBytes(8).toString('hex')
    drawn.set(key, id)
    return id
  }
}
