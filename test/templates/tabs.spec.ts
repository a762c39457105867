import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ENTITIES } from '../../engine/canonical/index.ts'
import { packageRoot } from '../../engine/package-root.ts'
import type { Profile } from '../../engine/partner/profile.ts'
import { partnerTab } from '../../nodes/cartage/partner-tab.ts'
import type { FlowNode } from '../../nodes/settings/flow-files.ts'
import { type RunningHub, startHub } from '../support/node-red.ts'
import { temporaryFolder } from '../support/temp.ts'
import { templateFolders, templateIn, templatesFolder } from '../support/templates.ts'

const pieces = join(templatesFolder, 'flows')
const palette = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8'))['node-red'].nodes as object
const STOCK = ['tab', 'group', 'comment', 'switch', 'change', 'debug', 'inject', 'link in', 'link out', 'split']
const STABLE = (profile: Profile) => (piece: string, name: string) => [profile.id, piece, name].join('-')
const tabOf = (profile: Profile) => partnerTab(profile, {}, { pieces, idOf: STABLE(profile) })

/** Everything that a text field of the nodes says. */
const texts = (nodes: FlowNode[]) =>
  nodes.flatMap((node) => Object.values(node)).filter((value) => typeof value === 'string')

describe('the tab of a template', () => {
  for (const profile of templateFolders().map(templateIn))
    it(`${profile.id} is whole, reads from left to right, and tells nothing that is secret`, () => {
      const { nodes, configNode } = tabOf(profile)
      const byId = new Map(nodes.map((node) => [node.id, node]))
      assert.equal(byId.size, nodes.length, 'each id is there once')
      assert.equal(byId.get(configNode)?.template, profile.id)
      const [tab, ...others] = nodes
      assert.equal(tab?.type, 'tab')
      assert.ok(others.some(({ type }) => type === 'group') && others.some(({ type }) => type === 'comment'))
      for (const node of nodes) {
        assert.ok(Object.hasOwn(palette, node.type) || STOCK.includes(node.type), node.type)
        assert.ok(node.type === 'tab' || node.id === configNode || node.z === tab?.id, `${node.id} is on the tab`)
        for (const to of ((node.wires ?? []) as string[][]).flat()) {
          const next = byId.get(to) ?? assert.fail(`${node.id} leads to ${to}, which is not there`)
          assert.ok(Number(next.x) > Number(node.x), `${node.id} stands left of ${to}`)
        }
        for (const inside of (node.type === 'group' ? node.nodes : []) as string[])
          assert.equal(byId.get(inside)?.g, node.id)
        if ('partner' in node) assert.equal(node.partner, configNode)
        if (node.mapping) assert.ok(Object.hasOwn(profile.mappings, `map/${node.mapping}`), String(node.mapping))
        if (node.entity) assert.ok((ENTITIES as readonly string[]).includes(String(node.entity)), String(node.entity))
      }
      assert.deepEqual(
        texts(nodes).filter((text) => /\{[a-z]+\}/.test(String(text))),
        [],
        'nothing is left to be filled in',
      )
      assert.equal(
        nodes.some((node) => 'credentials' in node),
        false,
      )
    })

  it('uses every piece that there is', () => {
    const shapes = new Set<string>()
    const [first] = templateFolders().map(templateIn)
    const mapping = 'map/x.jsonata'
    const document = (direction: 'in' | 'out', entity: 'order' | 'delivery-event') => ({ direction, entity, mapping })
    const box = { folder: 'x', pattern: '*', fileName: '{id}' }
    const everything = {
      ...(first ?? assert.fail()),
      polling: { operation: 'x', everySeconds: 60, mapping, entity: 'order' as const },
      documents: { a: document('in', 'order'), b: document('in', 'delivery-event'), c: document('out', 'order') },
      files: {
        address: '',
        in: ['a', 'b'].map((name) => ({ ...box, name, document: name })),
        out: [{ ...box, name: 'c', document: 'c' }],
      },
    }
    for (const profile of [everything, ...templateFolders().map(templateIn)])
      for (const { type, name } of tabOf(profile).nodes) if (type === 'group') shapes.add(String(name))
    const names = readdirSync(pieces).map((file) => {
      const nodes = JSON.parse(readFileSync(join(pieces, file), 'utf8')) as FlowNode[]
      return nodes.find(({ type }) => type === 'group')?.name
    })
    assert.deepEqual(
      names.filter((name) => !shapes.has(String(name))),
      [],
    )
  })

  it('has other ids each time that it is made, unless somebody says which', () => {
    const profile = templateIn(templateFolders()[0] ?? '')
    const ids = [1, 2].flatMap(() => partnerTab(profile, {}, { pieces }).nodes.map(({ id }) => id))
    assert.equal(new Set(ids).size, ids.length)
    for (const id of ids) assert.match(id, /^[0-9a-f]{16}$/)
  })

  it('is the folder’s own where it has one, with the account that is asked for', () => {
    const folder = temporaryFolder()
    const shipped = templateIn(templateFolders()[0] ?? '')
    const own: FlowNode[] = [
      { id: 't', type: 'tab', label: 'Own' },
      { id: 'a', type: 'webhook-in', z: 't', partner: 'p', wires: [['b']] },
      { id: 'b', type: 'debug', z: 't', name: 'a', wires: [] },
      { id: 'p', type: 'partner', template: 'somebody' },
    ]
    writeFileSync(join(folder.path, 'flow.json'), JSON.stringify(own))
    const profile = { ...shipped, folder: folder.path }
    const { nodes, configNode } = partnerTab(profile, { baseUrl: 'https://x.example' }, { pieces })
    folder.remove()
    const [tab, a, b, config] = nodes
    assert.deepEqual([a?.z, a?.partner, a?.wires], [tab?.id, configNode, [[b?.id]]])
    assert.deepEqual([config?.template, config?.baseUrl, nodes.length], [shipped.id, 'https://x.example', 4])
  })
})

describe('the tabs of all templates together', function () {
  this.timeout(60_000)
  let hub: RunningHub
  before(async () => {
    hub = await startHub()
  })
  after(() => hub.stop())

  it('start on the hub without an error', async () => {
    await hub.deploy(templateFolders().flatMap((folder) => tabOf(templateIn(folder)).nodes as never[]))
    assert.deepEqual(hub.errors, [])
  })
})
