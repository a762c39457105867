/** What the workbench says, in the reader's language: the catalogue of the plugin, addressed through its registration. */
export function t(key, values) {
  const plugin = RED.plugins.getPlugin('cartage-workbench')
  return plugin ? plugin._(`workbench.${key}`, values) : key
}

/** A moment in the reader's own way. */
export const when = (time) =>
  time === undefined
    ? ''
    : new Intl.DateTimeFormat(navigator.language, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(time))
