import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { arrange, type FlowNode, ORDER_FILE, readFlowFolder, split, tabOrder, toText } from './flow-files.ts'

/** The part of Node-RED's storage API that Cartage replaces; the rest stays Node-RED's own. */
export interface FlowStorage {
  getFlows(): Promise<FlowNode[]>
  /** Sorts `flows` in place: Node-RED computes the revision from this very array afterwards. */
  saveFlows(flows: FlowNode[]): Promise<void>
}

/** Node-RED's file storage with flows kept as one pretty-printed file per tab in `folder`. */
export function storageModule(folder: string): Record<string, unknown> & FlowStorage {
  const require = createRequire(import.meta.url)
  const stock = require('@node-red/runtime/lib/storage/localfilesystem') as Record<string, unknown>
  // the runtime asks hasOwnProperty, so the functions must be copied, not inherited
  return { ...stock, ...flowStorage(folder) }
}

export function flowStorage(folder: string): FlowStorage {
  /** What we last read or wrote: file name → text. */
  let known = new Map<string, string>()
  return {
    async getFlows() {
      const { nodes, texts } = readFlowFolder(folder)
      known = texts
      return nodes
    },
    async saveFlows(flows) {
      const tabs = tabOrder(flows)
      const files = split(flows, tabs)
      const texts = new Map([...files].map(([name, nodes]) => [name, toText(nodes)]))
      texts.set(ORDER_FILE, toText(tabs))
      mkdirSync(folder, { recursive: true })
      refuseForeignChanges(folder, known, texts)
      for (const [name, text] of texts) if (textOf(join(folder, name)) !== text) replace(join(folder, name), text)
      for (const name of known.keys()) if (!texts.has(name)) rmSync(join(folder, name), { force: true })
      known = texts
      flows.splice(0, flows.length, ...arrange(flows, tabs))
    },
  }
}

/** A deploy must not wipe out what somebody changed on disk (git pull, another editor) since it was read. */
function refuseForeignChanges(folder: string, known: Map<string, string>, wanted: Map<string, string>): void {
  for (const name of new Set([...known.keys(), ...wanted.keys()])) {
    const now = textOf(join(folder, name))
    const ours = now === known.get(name) || now === wanted.get(name) || (now === undefined && known.has(name))
    if (!ours) throw new Error(`${join(folder, name)} was changed on disk: reload the flows before you deploy`)
  }
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** All or nothing: a crash leaves the old file or the new one. */
function replace(file: string, text: string): void {
  const draft = `${file}.${process.pid}.tmp`
  const handle = openSync(draft, 'w', 0o644)
  try {
    writeFileSync(handle, text)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
  renameSync(draft, file)
}
