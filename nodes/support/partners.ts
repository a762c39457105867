import type { NodeAPI } from 'node-red'
import type { Place } from '../../engine/files/place.ts'
import type { PartnerClient } from '../../engine/partner/client.ts'
import type { EnvironmentName, Profile } from '../../engine/partner/profile.ts'

/** A partner as flows use it: its profile, and the client that speaks to it with this deployment's address and secrets. */
export interface PartnerHandle {
  slug: string
  profile: Profile
  /** Which of the template's addresses the account has chosen. */
  environment: EnvironmentName | undefined
  /** Fails with a clear error when the partner has no address. */
  client(): PartnerClient
  close(): Promise<void>
  /** Where its files are, opened for one use. */
  place(): Promise<Place>
  /** The account's parameters, for mappings: its time zone, its units. No secrets. */
  parameters: Readonly<Record<string, string>>
  /** The value of a declared credential or parameter; undefined when nobody set it. */
  secret(name: string): string | undefined
  /** As `secret`, of what its webhooks are trusted by: while a secret is being replaced, both of them. */
  trusts(name: string): string | undefined
}

/** The deployed `partner` node with this id; a clear error when the field is empty or the node is not deployed. */
export function partnerNode(RED: NodeAPI, id: string): PartnerHandle {
  const node = id ? (RED.nodes.getNode(id) as unknown as { handle?: PartnerHandle } | null) : null
  if (!node?.handle) throw new Error(id ? `partner node ${id} is not deployed or not usable` : 'no partner is chosen')
  return node.handle
}

/** The partner that a node or, where it names none, a message asks for. */
export function partnerFor(
  RED: NodeAPI,
  cartage: { partners: Map<string, PartnerHandle> },
  nodeId: string,
  slug: string | undefined,
): PartnerHandle {
  if (nodeId) return partnerNode(RED, nodeId)
  const handle = slug === undefined ? undefined : cartage.partners.get(slug)
  if (!handle)
    throw new Error(
      slug === undefined
        ? 'neither the node nor the message names a partner'
        : `no partner node for ${slug} is deployed`,
    )
  return handle
}
