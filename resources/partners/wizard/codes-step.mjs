/*
 * The code table, looked through and completed before the partner is made: the same table as in the sidebar, on a copy that
 * only this page has.
 */
import { empty, h } from '../../workbench/dom.mjs'
import { tablePart } from '../../codes/table-part.mjs'
import * as api from '../api.mjs'
import { t } from '../text.mjs'

export function codesStep(draft) {
  const { template } = draft
  if (template.codes === undefined || template.codes === 0) draft.codes = () => ({ n: 0, own: 0, out: 0 })
  const said = h('p', { class: 'cartage-codes-said', role: 'status' })
  const place = h('section', { class: 'cartage-codes-table', 'aria-label': t('step.codes') })
  const element = h('div', { class: 'cartage-codes' }, said, place)
  let base
  let taxonomy
  const versions = []

  /** What a desk does, on a table that nobody else sees. */
  const desk = {
    async saveCodes(_partner, { set = {}, remove = [] }) {
      const codes = Object.fromEntries(Object.entries(current()).filter(([code]) => !remove.includes(code)))
      versions.push({ ...codes, ...set })
      return { version: versions.length }
    },
    async undoFile() {
      versions.pop()
      return { version: versions.length }
    },
    history: async () => [],
  }
  const current = () => versions.at(-1) ?? base ?? {}
  const table = tablePart(place, {
    partner: template.template,
    api: desk,
    isDraft: true,
    tell(text, kind = '') {
      said.className = `cartage-codes-said ${kind}`
      said.textContent = text
    },
    reload: async () => table.show({ codes: current(), version: versions.length, conflicts: [] }, taxonomy),
  })

  async function load() {
    if (base) return
    try {
      const [words, { codes }] = await Promise.all([api.taxonomy(), api.codes(template.template)])
      taxonomy = words
      base = codes
      table.show({ codes, version: 0, conflicts: [] }, taxonomy)
    } catch (failure) {
      element.prepend(empty(t('list.failed'), failure.message))
    }
  }

  /** What differs from the template's table. */
  function change() {
    const now = current()
    const set = Object.fromEntries(
      Object.entries(now).filter(([code, entry]) => JSON.stringify(entry) !== JSON.stringify(base?.[code])),
    )
    const remove = Object.keys(base ?? {}).filter((code) => !Object.hasOwn(now, code))
    return { set, remove }
  }
  draft.codes = () => {
    const { set, remove } = change()
    return {
      n: base ? Object.keys(current()).length : (template.codes ?? 0),
      own: Object.keys(set).length,
      out: remove.length,
    }
  }
  return {
    id: 'codes',
    title: t('step.codes'),
    hint: t('wizard.codesHint'),
    element,
    shown: load,
    check: () => true,
    wish() {
      const { set, remove } = change()
      return Object.keys(set).length + remove.length > 0 ? { codes: { set, remove } } : {}
    },
  }
}
