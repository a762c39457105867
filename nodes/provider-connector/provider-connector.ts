import type { NodeAPI, NodeDef } from 'node-red'
import { CartageError } from '../../engine/errors.ts'
import { describeFailure } from '../../engine/delivery/failure.ts'
import type { Attempted } from '../../engine/routing/select.ts'
import { type PartnerHandle, partnerFor } from '../support/partners.ts'
import { effectOf, performOperation, refusal } from '../support/perform.ts'
import type { CartageRuntime } from '../support/runtime.ts'
import { type FlowMessage, isWired, registerNode, withFailure } from '../support/register.ts'

interface ProviderConnectorConfig extends NodeDef {
  /** Empty: the partner named in msg.provider. */
  partner: string
  operation: string
  input: string
  inputType: string
  subject: string
  onUnreachable: 'retry' | 'output'
}

/** The partner cannot be had now, as opposed to having said no. */
const UNREACHABLE = new Set(['transient', 'throttled', 'outage'])

/** A courier that was chosen and cannot do this at all says no, so that a flow may go another way. */
const UNKNOWN = 'partner.operation-unknown'

export default function (RED: NodeAPI): void {
  registerNode<ProviderConnectorConfig>(RED, 'provider-connector', (kit) => {
    const { config, badge } = kit
    const fields = {
      operation: config.operation,
      input: { value: config.input || 'shipment', type: config.inputType || 'msg' },
      subject: config.subject,
    }
    /** For a provider selector that chooses another courier. */
    const attempt = async (
      cartage: CartageRuntime,
      handle: PartnerHandle,
      message: FlowMessage,
      outcome: Attempted['outcome'],
      error: CartageError,
    ): Promise<Attempted> => {
      const effect = await effectOf({ ...kit, cartage }, handle, fields, message)
      const { code, message: why, category } = describeFailure(error)
      const { retryAfterMs } = error
      const wait = retryAfterMs !== undefined && { retryAfterMs }
      return { partner: handle.slug, outcome, code, why, category, ...wait, ...(effect && { effect }) }
    }
    return {
      rehearsable: true,
      async input(message: FlowMessage, cartage) {
        const handle: PartnerHandle = partnerFor(RED, cartage, config.partner, message.provider)
        badge({ fill: 'blue', shape: 'dot', key: 'calling', values: { partner: handle.profile.label } })
        try {
          const answer = await performOperation({ ...kit, cartage }, handle, fields, message)
          if (answer.outcome === 'refused') {
            const first = answer.messages[0]
            badge({
              fill: 'red',
              shape: 'ring',
              key: 'refused',
              values: { reason: first?.message ?? String(answer.status) },
            })
            const error = refusal(handle, config.operation, answer)
            if (!isWired(kit.node, 1)) throw error
            const attempted = await attempt(cartage, handle, message, 'refused', error)
            return [null, withFailure({ ...message, answer, attempted, provider: handle.slug }, error, kit.node), null]
          }
          badge({ fill: 'green', shape: 'dot', key: 'answered', values: { partner: handle.profile.label } })
          return [{ ...message, answer: answer.body, provider: handle.slug }, null, null]
        } catch (error) {
          if (!config.partner && error instanceof CartageError && error.code === UNKNOWN && isWired(kit.node, 1)) {
            badge({ fill: 'yellow', shape: 'ring', key: 'refused', values: { reason: error.message } })
            const attempted = await attempt(cartage, handle, message, 'refused', error)
            return [null, withFailure({ ...message, attempted, provider: handle.slug }, error, kit.node), null]
          }
          if (
            config.onUnreachable !== 'output' ||
            !isWired(kit.node, 2) ||
            !(error instanceof CartageError) ||
            !UNREACHABLE.has(error.category)
          )
            throw error
          badge({ fill: 'yellow', shape: 'ring', key: 'unreachable', values: { partner: handle.profile.label } })
          const attempted = await attempt(cartage, handle, message, 'unreachable', error)
          return [null, null, withFailure({ ...message, attempted, provider: handle.slug }, error, kit.node)]
        }
      },
    }
  })
}
