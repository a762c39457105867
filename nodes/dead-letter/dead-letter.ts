import type { NodeAPI, NodeDef } from 'node-red'
import type { ErrorCategory } from '../../engine/errors.ts'
import type { FailureReport } from '../../engine/store/ports.ts'
import { type FlowMessage, registerNode } from '../support/register.ts'
import { typedValue } from '../support/typed.ts'

interface DeadLetterConfig extends NodeDef {
  /** `error`: as the caught error says. */
  category: ErrorCategory | 'error'
  code: string
  reason: string
  reasonType: string
}

/** What a catch node adds to a message, as far as it is used. */
interface CaughtError {
  message?: string
  source?: { id?: string; type?: string; name?: string | undefined }
  code?: string
}

/** The report of a message that a flow gives up. */
export function reportOf(
  config: Pick<DeadLetterConfig, 'category' | 'code'>,
  reason: unknown,
  message: Pick<FlowMessage, 'error' | 'failure'>,
  node: { id: string; type: string; name?: string | undefined; z?: string | undefined },
): FailureReport {
  const error = message.error as CaughtError | undefined
  const source = error?.source ?? node
  return {
    category: config.category === 'error' ? (message.failure?.category ?? 'refused') : config.category,
    code: config.code || message.failure?.code || error?.code || 'flow.rejected',
    message: typeof reason === 'string' && reason !== '' ? reason : (error?.message ?? 'given up by the flow'),
    causes: error?.message && error.message !== reason ? [error.message] : [],
    ...(source.id !== undefined && { nodeId: source.id }),
    ...(source.type !== undefined && { nodeType: source.type }),
    ...(source.name !== undefined && { nodeName: source.name }),
    ...(node.z !== undefined && { flow: node.z }),
  }
}

export default function (RED: NodeAPI): void {
  registerNode<DeadLetterConfig>(RED, 'dead-letter', (kit) => {
    const { config, node, badge } = kit
    let buried = 0
    return {
      rehearsable: true,
      async input(message: FlowMessage, cartage) {
        const field = { value: config.reason || 'error.message', type: config.reasonType || 'msg' }
        const reason = await typedValue(kit, field, message)
        const report = reportOf(config, reason, message, node)
        if (!cartage.tracker.bury(report, message)) throw new Error(RED._('dead-letter.errors.noDelivery'))
        cartage.rehearsal?.('bury', { category: report.category, code: report.code, message: report.message })
        buried += 1
        badge({ fill: 'red', shape: 'dot', key: 'buried', values: { n: buried } })
        return [{ ...message, deadLetter: report }]
      },
    }
  })
}
