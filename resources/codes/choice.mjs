import { h } from '../workbench/dom.mjs'

/** A select of `[value, label]`; with `blank`, nothing may be chosen. */
export function choice(options, { value, blank, ...more } = {}) {
  const all = blank === undefined ? options : [['', blank], ...options]
  const element = h('select', more, ...all.map(([one, label]) => h('option', { value: one }, label)))
  element.value = value ?? (blank === undefined ? options[0]?.[0] : '')
  return element
}
