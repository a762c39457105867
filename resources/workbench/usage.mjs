/* Which nodes of the flows use a template's mapping: what is saved into a template holds for all of them at once. */

const OPERATION_NODES = ['provider-connector', 'erp-poster']

/** Nodes by their flow's label, `{ id, label, flow }`. */
export function usersOf({ partner, mapping, ref }) {
  const users = []
  RED.nodes.eachNode((node) => {
    if (!uses(node, partner, mapping, ref)) return
    users.push({
      id: node.id,
      label: RED.utils.getNodeLabel(node, node.type),
      flow: RED.nodes.workspace(node.z)?.label ?? '',
    })
  })
  return users
}

function uses(node, partner, mapping, ref) {
  const slug = node.partner ? RED.nodes.node(node.partner)?.template : undefined
  // A node without a partner takes whichever partner the message names.
  if (slug !== undefined && slug !== partner) return false
  if (node.type === 'canonical-mapper')
    return (
      node.mappingType !== 'jsonata' && `map/${(node.mapping || 'webhook.jsonata').replace(/^map\//, '')}` === mapping
    )
  return (
    slug !== undefined &&
    OPERATION_NODES.includes(node.type) &&
    ref?.operation !== undefined &&
    (node.operation ?? ref.operation) === ref.operation
  )
}
