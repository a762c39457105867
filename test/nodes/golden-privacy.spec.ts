import assert from 'node:assert/strict'
import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Json } from '../../engine/json.ts'
import { type LabClient, startLab } from '../support/lab-client.ts'
import { temporaryFolder } from '../support/temp.ts'
import { sample, templateOf } from '../support/templates.ts'

const PARTNER = 'onfleet'
const MAPPING = 'map/webhook.jsonata'
const HERE = { partner: PARTNER, mapping: MAPPING }
const SAMPLE = 'template:webhook.taskCompleted.json'

describe('what is personal in golden samples that are added', () => {
  let lab: LabClient
  let source: string
  // What is saved is written to the template's folder: not to that of this repository.
  const templates = temporaryFolder()
  const folder = join(templates.path, 'couriers', PARTNER)
  before(async () => {
    cpSync(templateOf(PARTNER).folder, folder, { recursive: true })
    lab = await startLab({ CARTAGE_TEMPLATES: templates.path })
    source = readFileSync(join(templateOf(PARTNER).folder, MAPPING), 'utf8')
  })
  after(async () => {
    await lab?.stop()
    templates.remove()
  })

  /** A message of the partner, with somebody's name in it. */
  async function received(id: string): Promise<void> {
    const payload = sample(templateOf(PARTNER), 'webhook.taskCompleted.json') as Json
    const channel = `webhooks.${PARTNER}`
    const headers = { partner: PARTNER }
    await lab.hub.runtime.hub.publish([{ id, channel, key: id, payload, headers, correlationId: id }])
  }

  it('is shown before they are kept: what is replaced by what, what was there only by its shape', async () => {
    await received('message-looked-at')
    const asked = { ...HERE, sample: { id: 'message:message-looked-at' }, source }
    const { fields } = await lab.told('POST', 'goldens/preview', asked)
    const at = (path: string) => fields.find((one: { path: string }) => one.path === path)
    const name = at('body.data.task.recipients.name')
    assert.deepEqual([name.kind, /^[Xx ]+$/.test(name.before)], ['name', true])
    assert.deepEqual(
      [at('body.taskId').kind, at('body.taskId').before],
      [undefined, sample(templateOf(PARTNER), 'webhook.taskCompleted.json').taskId],
    )
    const again = await lab.told('POST', 'goldens/preview', asked)
    assert.deepEqual(again.fields, fields)
    const { files } = await lab.told('POST', 'goldens/add', { ...asked, name: 'looked-at' })
    const kept = JSON.parse(readFileSync(join(folder, 'samples', String(files[0])), 'utf8'))
    assert.equal([kept.data.task.recipients].flat()[0].name, name.after)
  })

  it('is kept or replaced as the person who adds them chooses', async () => {
    const body = {
      ...sample(templateOf(PARTNER), 'webhook.taskCompleted.json'),
      extra: { name: 'Otto Sample', x: 'red' },
    }
    const asked = { ...HERE, sample: { body }, source, keep: ['body.extra.name'], replace: ['body.extra.x'] }
    const { files, replaced } = await lab.told('POST', 'goldens/add', { ...asked, name: 'chosen' })
    const { extra } = JSON.parse(readFileSync(join(folder, 'samples', String(files[0])), 'utf8'))
    assert.equal(extra.name, 'Otto Sample')
    assert.match(extra.x, /^(?!red)[a-z]{3}$/)
    assert.ok(replaced.some(({ path }: { path: string }) => path === 'body.extra.x'))
  })

  for (const field of ['keep', 'replace'])
    for (const rotten of ['x', {}, [1], [null], ['body.nowhere'], ['__proto__'], Array(2_000).fill('body.taskId')])
      it(`is not decided by ${field} ${JSON.stringify(rotten).slice(0, 20)}`, async () => {
        const asked = { ...HERE, sample: { id: SAMPLE }, source, [field]: rotten }
        const { status, told } = await lab.ask('analyst', 'POST', 'goldens/preview', asked)
        assert.deepEqual([status, told.field], [422, field])
      })
})
