import assert from 'node:assert/strict'
import { join } from 'node:path'
import { packageRoot } from '../../engine/package-root.ts'
import { COMMANDS } from '../../nodes/cartage/admin-surface.ts'
import { readFlowFolder } from '../../nodes/settings/flow-files.ts'

interface FlowNode {
  id: string
  type: string
  name?: string
  g?: string
  x?: number
  y?: number
  w?: number
  h?: number
  [field: string]: unknown
}

interface Tab {
  label: string
  info?: string
  file: string
  nodes: FlowNode[]
}

interface Place {
  id: string
  x: number
  y: number
  w: number
  h: number
}

type Box = Omit<Place, 'id'> & { node: FlowNode }

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

      it('takes only commands that the editor offers', () =>
        assert.deepEqual(
          tab.nodes.filter(({ type, operation }) => type === 'api-in' && !COMMANDS.includes(String(operation))),
          [],
        ))

      it('needs no function node', () =>
        assert.deepEqual(
          tab.nodes.filter(({ type }) => type === 'function').map(({ id }) => id),
          [],
        ))

      it('is seen whole: not wider than a screen, nothing over its left edge, nothing behind anything else', () => {
        const all = [...boxes.map(placeOf), ...[...groups.values()].map((group) => group as Place)]
        assert.deepEqual(
          all.filter(({ x, w }) => x < 0 || x + w > WIDEST).map(({ id }) => id),
          [],
        )
        assert.deepEqual(collisions(boxes.map(placeOf)), [])
        assert.deepEqual(collisions([...groups.values()] as Place[]), [])
      })

      it('has its nodes inside their groups', () =>
        assert.deepEqual(
          boxes
            .filter((box) => !isInside(box, groups.get(box.node.g ?? '') as Place | undefined))
            .map(({ node }) => node.id),
          [],
        ))
    })
})

/** Links are shown without a name. */
function named({ type, name }: FlowNode): boolean {
  return Boolean(name) || type.startsWith('link ')
}

const placeOf = ({ node, x, y, w, h }: Box): Place => ({ id: node.id, x, y, w, h })

function collisions(places: Place[]): string[] {
  return places.flatMap((one, index) =>
    places
      .slice(index + 1)
      .filter((other) => overlap(one, other))
      .map((other) => `${one.id} ${other.id}`),
  )
}

function overlap(a: Place, b: Place): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h
}

function isInside(box: Box, group: Place | undefined): boolean {
  if (group === undefined) return true
  const { x, y, w, h } = box
  return x >= group.x && y >= group.y && x + w <= group.x + group.w && y + h <= group.y + group.h
}
