import assert from 'node:assert/strict'
import { join } from 'node:path'
import { packageRoot } from '../../engine/package-root.ts'
import { readFlowFolder } from '../../nodes/settings/flow-files.ts'

interface FlowNode {
  id: string
  type: string
  name?: string
  g?: string
  x?: number
  w?: number
  [field: string]: unknown
}

interface Tab {
  label: string
  info?: string
  file: string
  nodes: FlowNode[]
}

interface Box {
  node: FlowNode
  x: number
  y: number
  w: number
  h: number
}

type Look = (type: string) => object

/** The editor's window on a usual screen. */
const WIDEST = 1600
/** A word or two on the tab tell nobody what it does. */
const LEAST_INFO = 120

const script = (file: string) => import(join(packageRoot(), 'scripts', file))
const { tabsOf } = (await script('generate-processes-doc.mjs')) as { tabsOf(): Tab[] }
const { readPalette } = (await script('processes/palette.mjs')) as { readPalette(root: string): Look }
const { boxesOf } = (await script('processes/picture.mjs')) as {
  boxesOf(nodes: FlowNode[], look: Look): Map<string, Box>
}
const lookOf = readPalette(packageRoot())

describe('shipped flows', () => {
  it('can be read together: no id stands in two files', () =>
    assert.doesNotThrow(() => readFlowFolder(join(packageRoot(), 'flows'))))

  for (const tab of tabsOf())
    describe(`${tab.file}.json`, () => {
      const boxes = [...boxesOf(tab.nodes, lookOf).values()]
      const groups = new Map(tab.nodes.filter(({ type }) => type === 'group').map((group) => [group.id, group]))

      it('says on its tab what it does, what starts it, and what happens when a partner is away', () =>
        assert.ok((tab.info ?? '').length >= LEAST_INFO, tab.info))

      it('has every node in a group with a title, under a name of its own', () => {
        assert.deepEqual(
          [...groups.values()].filter(({ name }) => !name).map(({ id }) => id),
          [],
        )
        assert.deepEqual(
          boxes.filter(({ node }) => !groups.has(node.g ?? '') || !named(node)).map(({ node }) => node.id),
          [],
        )
      })

      it('needs no function node', () =>
        assert.deepEqual(
          tab.nodes.filter(({ type }) => type === 'function').map(({ id }) => id),
          [],
        ))

      it('is seen whole: not wider than a screen, nothing over its left edge, nothing behind anything else', () => {
        const groupEdges = [...groups.values()].map(({ id, x = 0, w = 0 }) => [id, x + w] as const)
        const edges = [...boxes.map(({ node, x, w }) => [node.id, x + w] as const), ...groupEdges]
        assert.deepEqual(
          edges.filter(([, right]) => right > WIDEST),
          [],
        )
        assert.deepEqual(
          boxes.filter(({ x }) => x < 0).map(({ node }) => node.id),
          [],
        )
        assert.deepEqual(
          boxes.flatMap((one, index) =>
            boxes
              .slice(index + 1)
              .filter((other) => overlap(one, other))
              .map((other) => `${one.node.id} ${other.node.id}`),
          ),
          [],
        )
      })
    })
})

/** Links are shown without a name. */
function named({ type, name }: FlowNode): boolean {
  return Boolean(name) || type.startsWith('link ')
}

function overlap(a: Box, b: Box): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h
}
