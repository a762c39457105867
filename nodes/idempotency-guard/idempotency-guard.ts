import { createHash } from 'node:crypto'
import type { NodeAPI, NodeDef } from 'node-red'
import { CartageError } from '../../engine/errors.ts'
import { canonicalJson } from '../../engine/json.ts'
import { originIn } from '../support/origin.ts'
import { isWired, registerNode } from '../support/register.ts'
import { typedText } from '../support/typed.ts'

interface IdempotencyGuardConfig extends NodeDef {
  key: string
  keyType: string
  ttlDays: number | string
  /** Guards with the same scope know each other's keys. Empty: the node's id. */
  scope: string
}

const DAY_MS = 86_400_000

/** What the sender says happened, without what we added on the way: two tellings of one fact are equal in it. */
export function factOf(payload: unknown): unknown {
  const data = eventData(payload)
  if (!data) return payload
  const { eventId, receivedAt, mappingVersion, dedupKey, rawText, occurredAt, ...fact } = data
  // A partner that tells no time is taken to mean now: each telling of the fact then has a time of its own, and none is the sender's.
  return occurredAt === receivedAt ? fact : { ...fact, occurredAt }
}

/**
 * The key that the mapper gave a canonical event, if the payload is one. Partners made from one template number their events alike,
 * and mean different facts.
 */
export function dedupKeyOf(payload: unknown): string | undefined {
  const { dedupKey: key, provider } = eventData(payload) ?? {}
  if (typeof key !== 'string') return undefined
  return typeof provider !== 'string' || key.startsWith(`${provider}|`) ? key : `${provider}|${key}`
}

function eventData(payload: unknown): Record<string, unknown> | undefined {
  if (payload === null || typeof payload !== 'object' || !('data' in payload)) return undefined
  const { data } = payload
  return data !== null && typeof data === 'object' ? (data as Record<string, unknown>) : undefined
}

export default function (RED: NodeAPI): void {
  registerNode<IdempotencyGuardConfig>(RED, 'idempotency-guard', (kit) => {
    const { config, badge } = kit
    const scope = config.scope || config.id
    let suppressed = 0
    return {
      rehearsable: true,
      async input(message, cartage) {
        const { store } = cartage.hub
        const origin = originIn(cartage.tracker, message)
        const key =
          config.keyType && config.keyType !== 'auto'
            ? await typedText(kit, 'key', { value: config.key, type: config.keyType }, message)
            : (dedupKeyOf(message.payload) ?? origin.key)
        const claim = await store.keys.claim({
          key: `${scope}:${key}`,
          owner: origin.owner,
          hash: createHash('sha256')
            .update(canonicalJson(factOf(message.payload)))
            .digest('hex'),
          ttlMs: (Number(config.ttlDays) || 30) * DAY_MS,
        })
        if (claim.outcome === 'first' || claim.outcome === 'again') return [message, null]
        suppressed += 1
        const conflict = claim.outcome === 'conflict'
        await store.audit.append({
          actor: 'system',
          action: conflict ? 'event.contradicted' : 'event.suppressed',
          subject: key,
          details: { by: origin.owner, first: claim.owner },
        })
        if (conflict) {
          badge({ fill: 'red', shape: 'ring', key: 'conflict', values: { key } })
          // Another fact under a known key: somebody has to look at it, and it must not vanish meanwhile.
          if (!isWired(kit.node, 1))
            throw new CartageError('invalid', 'guard.conflict', RED._('idempotency-guard.errors.conflict', { key }), {
              field: 'dedupKey',
            })
          kit.node.warn(RED._('idempotency-guard.errors.conflict', { key }))
        } else badge({ fill: 'grey', shape: 'ring', key: 'suppressed', values: { n: suppressed } })
        return [null, { ...message, guard: { outcome: claim.outcome, key, first: claim.owner } }]
      },
    }
  })
}
