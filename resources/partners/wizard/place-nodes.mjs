/* A partner's nodes into the workspace: an edit as any other, that is undone as one and holds once it is deployed. */

/**
 * `credentials` become those of the configuration node: the editor sends them apart from the flow, and the hub keeps them
 * encrypted. Returns the id of the tab.
 */
export function importPartner({ nodes, configNode }, credentials = {}) {
  RED.view.importNodes(nodes, {
    generateIds: false,
    addFlow: false,
    touchImport: true,
    applyNodeDefaults: true,
    notify: false,
  })
  const node = RED.nodes.node(configNode)
  const given = Object.entries(credentials).filter(([, value]) => value !== '')
  node.credentials = Object.fromEntries(
    given.flatMap(([name, value]) => [
      [name, value],
      [`has_${name}`, true],
    ]),
  )
  node.changed = true
  RED.nodes.dirty(true)
  return nodes.find(({ type }) => type === 'tab')?.id
}
