import { join } from 'node:path'
import type { NodeAPI, NodeDef } from 'node-red'
import { CartageError, categoryOf } from '../../engine/errors.ts'
import { recordCheck } from '../../engine/files/check-record.ts'
import { formatOf } from '../../engine/files/declared.ts'
import { FileIntake, type Looked } from '../../engine/files/intake.ts'
import { Rounds } from '../../engine/files/rounds.ts'
import type { FilesIn } from '../../engine/files/types.ts'
import type { Badge } from '../support/badge.ts'
import { durableSource } from '../support/durable-source.ts'
import { type PartnerHandle, partnerNode } from '../support/partners.ts'
import { type NodeKit, registerNode } from '../support/register.ts'

interface FileInConfig extends NodeDef {
  partner: string
  /** Which of the template's files; empty: the first. */
  box: string
  everySeconds: number | string
  ordered: boolean
  concurrency: number | string
  maxAttempts: number | string
}

type Kit = NodeKit<FileInConfig>

const VISIBILITY_MS = 60_000
const EVERY_SECONDS = 60

export default function (RED: NodeAPI): void {
  registerNode<FileInConfig>(RED, 'file-in', (kit) => {
    const { config, cartage } = kit
    const handle = partnerNode(RED, config.partner)
    const box = boxOf(kit, handle)
    const channel = `files.${handle.slug}.${box.name}`
    const intake = intakeOf(kit, handle, box, channel)
    const { hub } = cartage
    let trouble: Badge | undefined
    let told = ''
    const rounds = new Rounds({
      everyMs: (Number(config.everySeconds) || EVERY_SECONDS) * 1000,
      mayWork: () => cartage.leads() && cartage.control.mode(handle.slug) === 'running',
      async work() {
        tell(kit, await intake.look(() => rounds.active && cartage.leads()))
        cartage.pulse.called(handle.slug, 'answered')
        trouble = undefined
        told = ''
      },
      failed(error) {
        const code = error instanceof CartageError ? error.code : 'bug'
        trouble = { fill: 'red', shape: 'ring', key: 'error', values: { code } }
        cartage.metrics.refused('file', code)
        cartage.pulse.called(handle.slug, categoryOf(error))
        // The same trouble is told once, however often it is met.
        if (told !== code) kit.node.error(error instanceof Error ? error : String(error))
        told = code
      },
      random: Math.random,
    })
    const end = durableSource(kit, {
      ...{ channel, subscription: channel, partner: handle.slug, visibilityMs: VISIBILITY_MS },
      ordered: config.ordered !== false,
      concurrency: Number(config.concurrency) || 8,
      maxAttempts: Number(config.maxAttempts) || 8,
      trouble: () => trouble,
    })
    const begin = () => hub.options.takesWork && rounds.start()
    cartage.onceStarted.add(begin)
    const drain = () => rounds.stop()
    hub.drains.add(drain)
    return {
      async close() {
        cartage.onceStarted.delete(begin)
        hub.drains.delete(drain)
        await Promise.all([rounds.stop(), end()])
      },
    }
  })
}

function boxOf({ RED, config }: Kit, { profile }: PartnerHandle): FilesIn {
  const boxes = profile.files?.in ?? []
  const box = config.box ? boxes.find(({ name }) => name === config.box) : boxes[0]
  if (!box) throw new Error(RED._('file-in.errors.noBox', { partner: profile.label, box: config.box }))
  return box
}

function intakeOf({ cartage, config }: Kit, handle: PartnerHandle, box: FilesIn, channel: string): FileIntake {
  const { profile, parameters } = handle
  const { hub, evaluator } = cartage
  return new FileIntake({
    ...{ partner: handle.slug, box, channel, format: formatOf(box, profile.documents) },
    open: () => handle.place(),
    // Two accounts of one partner may be at it at once.
    spool: join(cartage.spool, config.id),
    maxBytes: cartage.maxFileBytes,
    documents: hub.store.documents,
    clock: hub.clock,
    crash: hub.crash,
    async publish(messages) {
      const bytes = messages.reduce((sum, { payload }) => sum + JSON.stringify(payload).length, 0)
      // Files wait by themselves: a hub that has much under way takes the next records when it has room.
      const leave = await cartage.gate.wait(channel, bytes)
      return hub.publish(messages).finally(leave)
    },
    check: recordCheck(profile, box.document, evaluator, parameters),
    async keyOf(body) {
      const key = box.key && (await cartage.evaluate(box.key, { body }))
      return typeof key === 'string' || typeof key === 'number' ? String(key) : undefined
    },
  })
}

function tell({ RED, node, cartage }: Kit, { failed, refused, taken }: Looked): void {
  for (const { name, code } of failed) {
    cartage.metrics.refused('file', code)
    node.warn(RED._('file-in.errors.failed', { name, code }))
  }
  for (const { name, rejected } of taken)
    if (rejected > 0) node.warn(RED._('file-in.errors.rejected', { name, n: rejected }))
  for (const name of refused) node.warn(RED._('file-in.errors.refused', { name }))
}
