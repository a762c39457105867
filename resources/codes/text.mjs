/** What the code tables say, in the reader's language. */
export function t(key, values) {
  const plugin = RED.plugins.getPlugin('cartage-codes')
  return plugin ? plugin._(`codes.${key}`, values) : key
}

export { when } from '../workbench/text.mjs'
