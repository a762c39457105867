/** What the rules say, in the reader's language: the catalogue of the node. */
export const t = (key, values) => RED.nodes.getType('provider-selector')._(`provider-selector.${key}`, values)
