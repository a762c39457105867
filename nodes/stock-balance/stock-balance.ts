import type { NodeAPI, NodeDef } from 'node-red'
import { balanceIdOf } from '../../engine/balance/balance-id.ts'
import type { Position } from '../../engine/balance/compare.ts'
import { CartageError } from '../../engine/errors.ts'
import { originIn } from '../support/origin.ts'
import { type FlowMessage, type NodeKit, type Outputs, registerNode } from '../support/register.ts'

type Action = 'draw' | 'accept'

interface StockBalanceConfig extends NodeDef {
  action: Action
  /** Name of the warehouse in the report. */
  warehouse: string
  /** Subscriptions whose messages are postings to the books. */
  postings: string
}

interface Balanced extends FlowMessage {
  stock?: { warehouse?: unknown; books?: unknown }
  balance?: unknown
}

type Kit = NodeKit<StockBalanceConfig>

export default function (RED: NodeAPI): void {
  registerNode<StockBalanceConfig>(RED, 'stock-balance', (kit) => {
    const action = kit.config.action === 'accept' ? accept : draw
    return { input: (message, cartage) => action({ ...kit, cartage }, message) }
  })
}

/** Compares msg.stock.warehouse with msg.stock.books; leaves by the first output when something differs. */
async function draw({ config, cartage, badge }: Kit, message: Balanced): Promise<Outputs> {
  const origin = originIn(cartage.tracker, message)
  const asked = (message.payload as { balanceId?: string } | undefined)?.balanceId
  const balance = await cartage.balances.draw({
    balanceId: asked ?? balanceIdOf(origin.acceptedAt, origin.messageId),
    warehouse: config.warehouse || 'warehouse',
    inWarehouse: positionsIn(message.stock?.warehouse, 'warehouse'),
    inBooks: positionsIn(message.stock?.books, 'books'),
    underWay: await underWay({ config, cartage }),
  })
  const n = balance.differences.length
  badge({ fill: n === 0 ? 'green' : 'yellow', shape: 'dot', key: n === 0 ? 'inStep' : 'differs', values: { n } })
  const told: Balanced = { ...message, balance, payload: { ...balance, differences: n } }
  return n === 0 ? [null, told] : [told, null]
}

/** A person has accepted corrections: one message each, a canonical stock adjustment. */
async function accept({ cartage, badge }: Kit, message: Balanced): Promise<Outputs> {
  const { balanceId, skus, acceptedBy } = (message.payload ?? {}) as Record<string, unknown>
  if (typeof balanceId !== 'string' || typeof acceptedBy !== 'string' || !Array.isArray(skus))
    throw new CartageError('invalid', 'balance.command', 'msg.payload needs balanceId, skus and acceptedBy')
  const adjustments = await cartage.balances.accept(balanceId, skus as string[], acceptedBy)
  badge({ fill: 'green', shape: 'dot', key: 'accepted', values: { n: adjustments.length } })
  return [adjustments.map((payload) => ({ ...message, payload })), null]
}

async function underWay({ config, cartage }: Pick<Kit, 'config' | 'cartage'>): Promise<number> {
  const names = new Set((config.postings ?? '').split(/[\s,]+/).filter((name) => name !== ''))
  const counts = await cartage.hub.store.messages.counts()
  return counts
    .filter(({ subscription }) => names.has(subscription))
    .reduce((sum, { waiting, leased }) => sum + waiting + leased, 0)
}

function positionsIn(value: unknown, whose: string): Position[] {
  const isPosition = (one: unknown): one is Position => {
    const { sku, onHand } = (one ?? {}) as Partial<Position>
    return typeof sku === 'string' && typeof onHand === 'number' && Number.isFinite(onHand)
  }
  if (Array.isArray(value) && value.every(isPosition)) return value
  const words = `msg.stock.${whose} must be a list of items with sku and onHand`
  throw new CartageError('invalid', 'balance.positions', words, { field: `stock.${whose}` })
}
