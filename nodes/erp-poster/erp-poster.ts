import type { NodeAPI, NodeDef } from 'node-red'
import { CartageError } from '../../engine/errors.ts'
import { closedFor, parseWindows } from '../../engine/partner/maintenance.ts'
import { partnerNode } from '../support/partners.ts'
import { performOperation, refusal } from '../support/perform.ts'
import type { CartageRuntime } from '../support/runtime.ts'
import { type FlowMessage, isWired, registerNode, withFailure } from '../support/register.ts'

interface ErpPosterConfig extends NodeDef {
  partner: string
  operation: string
  input: string
  inputType: string
  subject: string
  /** JSONata: a list, for each entry of which (`item`) the operation is performed. Empty: once. */
  each?: string
  /** Maintenance windows in which nothing is posted. */
  window: string
  /** Postings a second; empty: only the template's own limit. */
  perSecond: string
}

type Answered = Exclude<Awaited<ReturnType<typeof performOperation>>, { outcome: 'refused' }>

export default function (RED: NodeAPI): void {
  registerNode<ErpPosterConfig>(RED, 'erp-poster', (kit) => {
    const { config, badge } = kit
    const windows = parseWindows(config.window ?? '')
    const perSecond = Number(config.perSecond) || undefined
    const fields = {
      operation: config.operation,
      input: { value: config.input || 'shipment', type: config.inputType || 'msg' },
      subject: config.subject,
    }
    /** Wait for the ERP's hours and pace outside, by redelivery: nothing is held in memory meanwhile. */
    async function waitForTurn(slug: string, { hub }: CartageRuntime): Promise<void> {
      const closed = closedFor(windows, hub.clock.now())
      const wait =
        closed ||
        (perSecond ? await hub.store.limiter.take(`erp-poster:${config.id}`, { tokens: perSecond, perMs: 1000 }) : 0)
      if (wait === 0) return
      badge({ fill: 'yellow', shape: 'ring', key: closed ? 'maintenance' : 'paced' })
      throw new CartageError(
        'throttled',
        closed ? 'erp.maintenance' : 'erp.pace',
        `${slug} takes no posting for ${Math.ceil(wait / 1000)} s`,
        {
          retryAfterMs: wait,
          partner: slug,
        },
      )
    }
    if (config.each && !config.subject) throw new Error(kit.RED._('erp-poster.errors.eachOnce'))
    /** What the operation is performed for, one after the other. */
    async function turnsOf(message: FlowMessage, cartage: CartageRuntime): Promise<FlowMessage[]> {
      if (!config.each) return [message]
      const list = (await cartage.evaluate(config.each, message)) ?? []
      return (Array.isArray(list) ? list : [list]).map((item) => ({ ...message, item }))
    }
    return {
      rehearsable: true,
      async input(message: FlowMessage, cartage) {
        const handle = partnerNode(RED, config.partner)
        if (!cartage.rehearsal) await waitForTurn(handle.slug, cartage)
        badge({ fill: 'blue', shape: 'dot', key: 'posting', values: { operation: config.operation } })
        const turns = await turnsOf(message, cartage)
        const answers: Answered[] = []
        for (const turn of turns) {
          const answer = await performOperation({ ...kit, cartage }, handle, fields, turn)
          if (answer.outcome !== 'refused') {
            answers.push(answer)
            continue
          }
          badge({
            fill: 'red',
            shape: 'ring',
            key: 'refused',
            values: { reason: answer.messages[0]?.message ?? String(answer.status) },
          })
          const error = refusal(handle, config.operation, answer)
          if (!isWired(kit.node, 1)) throw error
          return [null, withFailure({ ...turn, answer }, error, kit.node)]
        }
        const repeated = answers.every((answer) => answer.repeated)
        badge({
          fill: 'green',
          shape: 'dot',
          key: repeated ? 'repeated' : 'posted',
          values: { operation: config.operation },
        })
        return [{ ...message, answer: config.each ? answers.map(({ body }) => body) : answers[0]?.body }, null]
      },
    }
  })
}
