/* A partner that was made by mistake and never used goes away again. */
import { openDialog } from '../../workbench/dialog.mjs'
import { button, h } from '../../workbench/dom.mjs'
import * as api from '../api.mjs'
import { mayWrite } from '../may.mjs'
import { t } from '../text.mjs'
import { partOf } from './part.mjs'

export function removePart({ slug, leave }) {
  const part = partOf('remove', t('remove.title'))

  function load({ own, status, deployed, label }) {
    if (!mayWrite() || !own || status !== 'draft' || deployed) return part.fill()
    part.fill(
      h('p', { class: 'cartage-note-line' }, t('remove.text')),
      button({ icon: 'trash-o', text: t('remove.it'), danger: true, onclick: () => ask(label) }),
    )
  }

  async function ask(label) {
    const done = await openDialog({
      title: t('remove.sure', { label }),
      content: h('p', {}, t('remove.sureText')),
      actions: [{ text: t('remove.it'), danger: true, act: () => api.remove(slug) }],
    })
    if (done) leave()
  }
  return { element: part.element, load, look: load }
}
