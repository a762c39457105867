import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'mocha'
import type { FlowNode } from '../../../nodes/settings/flow-files.ts'
import { flowStorage } from '../../../nodes/settings/storage.ts'
import { temporaryFolder } from '../../support/temp.ts'

const tab = (id: string, label: string): FlowNode => ({ id, type: 'tab', label })
const node = (id: string, z: string, more: Partial<FlowNode> = {}): FlowNode => ({
  id,
  type: 'change',
  z,
  x: 1,
  y: 2,
  wires: [],
  ...more,
})

describe('flows on disk', () => {
  let temporary: { path: string; remove(): void }
  let folder: string
  beforeEach(() => {
    temporary = temporaryFolder()
    folder = join(temporary.path, 'flows')
  })
  afterEach(() => temporary.remove())

  const files = (): string[] => readdirSync(folder).sort()
  const textOf = (name: string): string => readFileSync(join(folder, name), 'utf8')
  const save = (flows: FlowNode[]): Promise<void> => flowStorage(folder).saveFlows(flows)

  it('keeps one pretty-printed file per tab and subflow, one for the rest, and the order of the tabs', async () => {
    await save([
      tab('b', 'Courier events'),
      tab('a', 'Order release'),
      { id: 's', type: 'subflow', name: 'Notify' },
      { id: 'c', type: 'partner' },
      node('n', 'a'),
    ])
    assert.deepEqual(files(), [
      '_global.json',
      '_order.json',
      'courier-events.json',
      'order-release.json',
      'subflow-notify.json',
    ])
    assert.equal(textOf('_order.json'), '[\n  "b",\n  "a"\n]\n')
    assert.deepEqual(
      JSON.parse(textOf('order-release.json')).map((each: FlowNode) => each.id),
      ['a', 'n'],
    )
  })

  it('gives back after a restart exactly the array that a save left, so that the revision stays', async () => {
    const flows = [
      node('z', 'b', { name: 'last' }),
      tab('b', 'Two'),
      node('g', 'a', { type: 'group' }),
      node('x', 'a', { g: 'g' }),
      tab('a', 'One'),
      { id: 'c', type: 'partner' },
    ]
    await save(flows)
    assert.equal(JSON.stringify(await flowStorage(folder).getFlows()), JSON.stringify(flows))
    assert.deepEqual(
      flows.filter((each) => each.type === 'tab').map((each) => each.id),
      ['b', 'a'],
    )
  })

  it('writes the same bytes whatever order the editor sends nodes and keys in', async () => {
    await save([tab('a', 'A'), node('1', 'a', { rules: [] }), node('2', 'a')])
    const before = textOf('a.json')
    await flowStorage(folder).getFlows()
    const storage = flowStorage(folder)
    await storage.getFlows()
    await storage.saveFlows([
      { ...node('2', 'a') },
      { wires: [], rules: [], y: 2, x: 1, z: 'a', type: 'change', id: '1' },
      tab('a', 'A'),
    ])
    assert.equal(textOf('a.json'), before)
  })

  it('moves the file of a renamed tab and removes that of a deleted one', async () => {
    const storage = flowStorage(folder)
    await storage.saveFlows([tab('a', 'Old'), tab('b', 'Gone')])
    await storage.saveFlows([tab('a', 'New')])
    assert.deepEqual(files(), ['_order.json', 'new.json'])
  })

  it('gives equal labels different files and odd labels safe ones', async () => {
    await save([
      tab('1', 'Same'),
      tab('2', 'Same'),
      tab('3', '../../etc/passwd'),
      tab('4', '配送'),
      tab('5', 'Über → Größe'),
    ])
    assert.deepEqual(files(), [
      '4.json',
      '_order.json',
      'etc-passwd.json',
      'same-2.json',
      'same.json',
      'uber-gro-e.json',
    ])
  })

  it('refuses a broken file by its name and leaves it as it is', async () => {
    mkdirSync(folder)
    writeFileSync(join(folder, 'broken.json'), '[{')
    await assert.rejects(flowStorage(folder).getFlows(), /broken\.json is not valid JSON/)
    assert.equal(textOf('broken.json'), '[{')
  })

  const notFlows: Array<[string, string, RegExp]> = [
    ['an object', '{}', /x\.json is not a flow/],
    ['a node without id', '[{"type":"tab"}]', /x\.json holds a node without id/],
    ['an id twice', '[{"id":"1","type":"tab"},{"id":"1","type":"tab"}]', /x\.json holds node 1/],
  ]
  for (const [what, text, message] of notFlows) {
    it(`refuses ${what}`, async () => {
      mkdirSync(folder)
      writeFileSync(join(folder, 'x.json'), text)
      await assert.rejects(flowStorage(folder).getFlows(), message)
    })
  }

  it('refuses to save over a file that somebody changed on disk since it was read', async () => {
    const storage = flowStorage(folder)
    await storage.saveFlows([tab('a', 'A')])
    const theirs = JSON.stringify([tab('a', 'A'), node('n', 'a')])
    writeFileSync(join(folder, 'a.json'), theirs)
    await assert.rejects(storage.saveFlows([tab('a', 'A'), node('m', 'a')]), /a\.json was changed on disk/)
    assert.equal(textOf('a.json'), theirs)
    await storage.getFlows()
    await storage.saveFlows([tab('a', 'A'), node('m', 'a')])
  })

  it('brings back a file that was deleted on disk', async () => {
    const storage = flowStorage(folder)
    await storage.saveFlows([tab('a', 'A')])
    rmSync(join(folder, 'a.json'))
    await storage.saveFlows([tab('a', 'A')])
    assert.ok(files().includes('a.json'))
  })

  it('starts with nothing where there is no folder yet', async () =>
    assert.deepEqual(await flowStorage(folder).getFlows(), []))
})
