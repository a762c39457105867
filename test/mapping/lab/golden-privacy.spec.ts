import assert from 'node:assert/strict'
import { previewSample } from '../../../engine/mapping/lab/golden-privacy.ts'
import type { Message } from '../../../engine/store/ports.ts'
import { lab } from '../../support/lab.ts'
import { sample, templateOf } from '../../support/templates.ts'

describe('keeping a message as a golden sample without the right to see personal data', () => {
  const NAME = 'body.data.task.recipients.name'
  const message: Partial<Message> = {
    ...{ headers: {}, acceptedAt: 0 },
    payload: { ...sample(templateOf('onfleet'), 'webhook.taskCompleted.json'), shipment: { name: 'Express' } },
  }
  const withMessage = { ...lab, messages: { ...lab.messages, get: async () => message as Message } }
  const asked = {
    ...{ partner: 'onfleet', mapping: 'map/webhook.jsonata', sample: { id: 'message:one' } },
    source: lab.profiles.get('onfleet')!.mappings['map/webhook.jsonata'],
  }
  const replaced = async (mayKnow: boolean, more: object = {}) =>
    (await previewSample(withMessage, { ...asked, ...more }, mayKnow)).fields.flatMap(({ path, kind }) =>
      kind ? path : [],
    )

  it('has everything replaced that may be personal; with the right, doubts are decided by the rules', async () => {
    const [masked, known] = [await replaced(false), await replaced(true)]
    assert.ok(masked.includes(NAME) && known.includes(NAME))
    assert.deepEqual(
      [masked, known].map((paths) => paths.includes('body.shipment.name')),
      [true, false],
    )
  })

  it('cannot choose to keep what may be personal, and can with the right', async () => {
    await assert.rejects(replaced(false, { keep: [NAME] }), { code: 'lab.personal', field: 'keep' })
    await replaced(false, { keep: ['body.taskId'] })
    assert.ok(!(await replaced(true, { keep: [NAME] })).includes(NAME))
  })

  it('shows nothing personal before it is replaced', async () => {
    const { fields } = await previewSample(withMessage, asked, true)
    const told = JSON.stringify(fields.map(({ before }) => before))
    const { recipients } = (message.payload as { data: { task: { recipients: { name: string }[] } } }).data.task
    for (const { name } of recipients) assert.ok(!told.includes(name))
  })
})
