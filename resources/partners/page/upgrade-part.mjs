/* A newer version of the template that a partner was made from, and the way back from the last one. */
import { button, h } from '../../workbench/dom.mjs'
import * as api from '../api.mjs'
import { t } from '../text.mjs'
import { mayWrite } from '../may.mjs'
import { openUpgrade } from '../upgrade/upgrade-sheet.mjs'
import { partOf } from './part.mjs'

export function upgradePart({ slug, tell, reload }) {
  const part = partOf('upgrade', t('upgrade.title'))

  async function load(partner) {
    const { upgrade, origin, own } = partner
    if (!own && !upgrade) return part.fill()
    const { undo } = await api.upgrade(slug)
    part.fill(
      ...(upgrade ? offer(partner) : [h('p', { class: 'cartage-note-line' }, t('upgrade.current', { ...origin }))]),
      undo &&
        mayWrite() &&
        button({
          icon: 'undo',
          text: t('upgrade.undo'),
          title: t('upgrade.undoHint', undo),
          onclick: () => takeBack(partner, undo),
        }),
    )
  }

  const offer = (partner) => [
    h(
      'p',
      { class: 'cartage-note-line' },
      t('upgrade.there', {
        template: partner.origin?.template ?? partner.label,
        from: partner.origin?.version ?? partner.version,
        to: partner.upgrade.to,
      }),
    ),
    button({
      icon: 'code-fork',
      text: t('upgrade.look'),
      primary: true,
      onclick: () => openUpgrade(partner).then(reload),
    }),
    ' ',
  ]

  async function takeBack({ label }, { to }) {
    try {
      await api.undoUpgrade(slug)
      tell(t('upgrade.undone', { label, to }))
    } catch (failure) {
      tell(failure.message, 'bad')
    }
    await reload()
  }

  return { element: part.element, load }
}
