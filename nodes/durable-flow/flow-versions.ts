import { createHash } from 'node:crypto'
import { canonicalJson } from '../../engine/json.ts'
import type { FailureReport } from '../../engine/store/ports.ts'

/** A node's configuration as it was deployed. */
interface DeployedNode {
  id: string
  type: string
  z?: string
  label?: string
}

interface FlowVersion {
  name: string
  version: string
}

/** Moving a node about on its tab changes nothing that a message would notice. */
const LAYOUT = new Set(['x', 'y', 'w', 'h', 'g'])
const SHOWN_DIGITS = 12

/**
 * Which version of each tab runs: a hash of its nodes and of those in the subflows that it uses. Node-RED only knows a revision
 * of everything together, which would change with each deploy anywhere.
 */
export class FlowVersions {
  #tabs = new Map<string, FlowVersion>()
  #places = new Map<string, string>()

  /** Look at what runs now; `eachNode` is that of `RED.nodes`. */
  read(eachNode: (visit: (node: DeployedNode) => void) => void): void {
    const nodes: DeployedNode[] = []
    eachNode((node) => nodes.push(node))
    const within = new Map<string, DeployedNode[]>()
    for (const node of nodes) if (node.z) within.set(node.z, [...(within.get(node.z) ?? []), node])
    this.#places = new Map(nodes.flatMap(({ id, z }) => (z ? [[id, z]] : [])))
    this.#tabs = new Map(
      nodes
        .filter(({ type }) => type === 'tab')
        .map(({ id, label }) => [id, { name: label ?? id, version: versionOf(id, within) }]),
    )
  }

  /** The failure with the name and version of the flow that it happened in; `fallback` is the flow when it names none. */
  place(failure: FailureReport, fallback: string | undefined): FailureReport {
    const flow = this.#tabOf(failure.flow ?? fallback)
    const known = flow === undefined ? undefined : this.#tabs.get(flow)
    return known === undefined ? failure : { ...failure, flow: flow!, flowName: known.name, flowVersion: known.version }
  }

  /** A node inside a subflow says the instance where others say their tab. */
  #tabOf(place: string | undefined): string | undefined {
    let at = place
    for (let hops = 0; at !== undefined && !this.#tabs.has(at) && hops < 10; hops += 1) at = this.#places.get(at)
    return at ?? place
  }
}

function versionOf(tab: string, within: Map<string, DeployedNode[]>): string {
  const parts: unknown[] = []
  const seen = new Set<string>()
  const add = (container: string): void => {
    if (seen.has(container)) return
    seen.add(container)
    for (const node of within.get(container) ?? []) {
      parts.push(Object.fromEntries(Object.entries(node).filter(([field]) => !LAYOUT.has(field))))
      if (node.type.startsWith('subflow:')) add(node.type.slice('subflow:'.length))
    }
  }
  add(tab)
  const text = parts.map((part) => canonicalJson(part)).sort()
  return createHash('sha256').update(text.join('\n')).digest('hex').slice(0, SHOWN_DIGITS)
}
