import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, it } from 'mocha'
import type { FlowNode } from '../../../nodes/settings/flow-files.ts'
import { type SharedStorage, sharedStorage } from '../../../nodes/settings/shared-storage.ts'
import { storeBench } from '../../support/store-bench.ts'

const tab = (id: string, label: string): FlowNode => ({ id, type: 'tab', label })
const KEY = Buffer.alloc(32, 7).toString('base64')

/** Node-RED's storage API, as far as it is asked here. */
interface Module {
  getFlows(): Promise<FlowNode[]>
  saveFlows(flows: FlowNode[], user?: unknown): Promise<void>
  getCredentials(): Promise<object>
  saveCredentials(credentials: object): Promise<void>
  getSettings(): Promise<object>
  saveSettings(settings: object): Promise<void>
  getSessions(): Promise<object>
  saveSessions(sessions: object): Promise<void>
  getLibraryEntry(type: string, path: string): Promise<unknown>
  saveLibraryEntry(type: string, path: string, meta: object, body: string): Promise<void>
}

describe('flows that several processes share', () => {
  const bench = storeBench()
  let folder: string
  beforeEach(() => {
    folder = join(bench.folder, 'flows')
    mkdirSync(folder)
    writeFileSync(join(folder, 'one.json'), JSON.stringify([tab('a', 'One')]))
  })

  /** Another process on the same store. */
  function open(more: { role?: 'all' | 'editor' | 'worker'; key?: string } = {}): SharedStorage & Module {
    const { role = 'all', key = KEY } = more
    const config = { flowsDir: folder, root: folder, role, encryptionKey: key }
    const shared = sharedStorage(config, bench.clock, async () => bench.store)
    return { ...shared, ...(shared.module as unknown as Module) }
  }
  const revision = (flows: FlowNode[]): string => createHash('sha256').update(JSON.stringify(flows)).digest('hex')
  async function first(process = open()): Promise<SharedStorage & Module> {
    await process.saveFlows([tab('a', 'One')], { username: 'ada' })
    return process
  }

  it('have the same revision in each process, also after a deploy', async () => {
    const one = await first()
    const deployed = [
      tab('b', 'Two'),
      { type: 'change', z: 'b', id: 'n', wires: [], x: 1, y: 2 } as FlowNode,
      tab('a', 'One'),
    ]
    await one.saveFlows(deployed, { username: 'ada' })
    assert.equal(revision(await open().getFlows()), revision(deployed))
    assert.deepEqual(
      (await one.versions().then((versions) => versions.list())).map(({ number, by }) => [number, by]),
      [
        [2, 'ada'],
        [1, 'ada'],
      ],
    )
  })

  it('refuse the deploy of an editor that has not seen the last one, as Node-RED does: 409', async () => {
    await first()
    const [one, other] = [open(), open()]
    await one.getFlows()
    await other.getFlows()
    await one.saveFlows([tab('a', 'Hers')], { username: 'ada' })
    await assert.rejects(other.saveFlows([tab('a', 'His')], { username: 'linus' }), {
      code: 'version_mismatch',
      status: 409,
    })
    assert.deepEqual(await open().getFlows(), [tab('a', 'Hers')])
    await other.getFlows()
    await other.saveFlows([tab('a', 'His')], { username: 'linus' })
    assert.deepEqual(await open().getFlows(), [tab('a', 'His')])
  })

  it('keep credentials with the flows they were deployed with, and those of a refused deploy not at all', async () => {
    await first()
    const [one, other] = [open(), open()]
    await one.getFlows()
    await other.getFlows()
    await one.saveCredentials({ $: 'hers' })
    await one.saveFlows([tab('a', 'Hers')])
    await other.saveCredentials({ $: 'his' })
    await assert.rejects(other.saveFlows([tab('a', 'His')]))
    const third = open()
    await third.getFlows()
    assert.deepEqual(await third.getCredentials(), { $: 'hers' })
    await third.saveFlows([tab('a', 'Again')])
    const fourth = open()
    await fourth.getFlows()
    assert.deepEqual(await fourth.getCredentials(), { $: 'hers' })
  })

  it('are not written again by a process that follows a deploy', async () => {
    await first()
    const [one, other] = [open(), open()]
    await one.getFlows()
    await other.getFlows()
    await one.saveFlows([tab('a', 'Hers')])
    await other.saveFlows([tab('a', 'Hers')], other.follower(one.known()!))
    assert.equal((await (await other.versions()).list()).length, 2)
    assert.deepEqual(other.known(), one.known())
  })

  it('tell other processes at once', async () => {
    const one = await first()
    const heard = new Promise<void>((resolve) => void bench.store.motor.onWake('flows', resolve))
    await one.saveFlows([tab('a', 'Two')])
    await heard
  })

  it('share the settings, but for what a worker finds out by itself', async () => {
    const editor = open({ role: 'editor' })
    await editor.saveSettings({ instanceId: '1', nodes: { cartage: { enabled: true } } })
    const worker = open({ role: 'worker' })
    await worker.saveSettings({ instanceId: '2' })
    assert.deepEqual(await worker.getSettings(), { instanceId: '2' })
    assert.deepEqual(await open({ role: 'worker' }).getSettings(), {
      instanceId: '1',
      nodes: { cartage: { enabled: true } },
    })
  })

  it('keep logins over a restart of the editor, unreadable for who has only the database', async () => {
    assert.deepEqual(await open().getSessions(), {})
    await open().saveSessions({ 'token-1': { user: 'ada' } })
    assert.deepEqual(await open().getSessions(), { 'token-1': { user: 'ada' } })
    assert.doesNotMatch(JSON.stringify(await bench.store.documents.get('node-red', 'sessions')), /token-1|ada/)
    assert.deepEqual(await open({ key: Buffer.alloc(32, 8).toString('base64') }).getSessions(), {})
  })

  it('share the library with its folders', async () => {
    const one = open()
    await one.saveLibraryEntry('functions', 'dates/iso.js', { outputs: 1 }, 'return msg')
    await one.saveLibraryEntry('functions', '/top.js', {}, 'x')
    await one.saveLibraryEntry('flows', 'templates/returns', {}, '[]')
    const other = open()
    assert.deepEqual(await other.getLibraryEntry('functions', ''), ['dates', { fn: 'top.js' }])
    assert.deepEqual(await other.getLibraryEntry('functions', '/dates/'), [{ outputs: 1, fn: 'iso.js' }])
    assert.equal(await other.getLibraryEntry('functions', 'dates/iso.js'), 'return msg')
    assert.equal(await other.getLibraryEntry('flows', 'templates/returns'), '[]')
    assert.deepEqual(await other.getLibraryEntry('templates', ''), [])
    await assert.rejects(other.getLibraryEntry('functions', 'none.js'), /no library entry none\.js/)
    await assert.rejects(one.saveLibraryEntry('functions', '/', {}, 'x'), { code: 'library.path' })
  })
})
