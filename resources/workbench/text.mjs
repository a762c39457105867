/** What the workbench says, in the reader's language: the catalogue of the plugin, addressed through its registration. */
export const t = (key, values) => textOf('cartage-workbench', `workbench.${key}`, values)

/** `n` among the values is the number by which a text is singular or plural (`key`, `key_plural`). */
export function textOf(id, key, values) {
  const plugin = RED.plugins.getPlugin(id)
  return plugin ? plugin._(key, { count: values?.n, ...values }) : key
}

/** A moment in the reader's own way. */
export const when = (time) =>
  time === undefined
    ? ''
    : new Intl.DateTimeFormat(navigator.language, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(time))
