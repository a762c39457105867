import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RoutingRow } from '../engine/routing/table.ts'

/** A node as a flow file holds it. */
export interface FlowNode {
  id: string
  type: string
  [field: string]: unknown
}

export type Change = (node: FlowNode) => FlowNode

/** Changes the nodes of all flow files in a folder, as somebody would in the editor. */
export function changeFlows(folder: string, change: Change): void {
  for (const name of readdirSync(folder)) {
    if (!name.endsWith('.json') || name === '_order.json') continue
    const file = join(folder, name)
    const nodes = JSON.parse(readFileSync(file, 'utf8')) as FlowNode[]
    writeFileSync(file, `${JSON.stringify(nodes.map(change), null, 2)}\n`)
  }
}

/** Every node that works with one partner's account works with another's instead. */
export function exchangeAccount(from: string, to: { template: string; name: string }): Change {
  const [old, account] = [`partner-${from}`, `partner-${to.template}`]
  return (node) => {
    if (node.id === old) return { ...node, id: account, name: to.name, template: to.template }
    return Object.fromEntries(
      Object.entries(node).map(([field, value]) => [field, value === old ? account : value]),
    ) as FlowNode
  }
}

/** The rules by which couriers are chosen. */
export function chooseBy(rows: RoutingRow[]): Change {
  return (node) => (node.type === 'provider-selector' ? { ...node, table: { rows } } : node)
}

/** A day is played in a minute: what waits for minutes waits for moments. */
export function hurry(seconds: Record<string, number>): Change {
  return (node) => {
    const wanted = seconds[node.id]
    return wanted === undefined ? node : { ...node, minutes: String(wanted / 60), unit: 'minutes' }
  }
}
