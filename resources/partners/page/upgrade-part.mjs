/* A newer version of the template that a partner was made from. */
import { button, h } from '../../workbench/dom.mjs'
import { t } from '../text.mjs'
import { openUpgrade } from '../upgrade/upgrade-sheet.mjs'
import { partOf } from './part.mjs'

export function upgradePart({ reload }) {
  const part = partOf('upgrade', t('upgrade.title'))

  function load(partner) {
    const { upgrade, origin, version } = partner
    if (!upgrade)
      return part.fill(
        origin && h('p', { class: 'cartage-note-line' }, t('upgrade.current', { template: origin.template, version })),
      )
    part.fill(
      h(
        'p',
        { class: 'cartage-note-line' },
        t('upgrade.there', { template: origin?.template ?? partner.label, from: version, to: upgrade.to }),
      ),
      button({
        icon: 'code-fork',
        text: t('upgrade.look'),
        primary: true,
        onclick: () => openUpgrade(partner).then(reload),
      }),
    )
  }
  return { element: part.element, load, look: load }
}
