/* Where a partner's codes and mappings are worked on. */
import { button } from '../../workbench/dom.mjs'
import { t } from '../text.mjs'
import { partOf } from './part.mjs'

export function mappingPart({ slug }) {
  const part = partOf('mapping', t('page.mapping'))
  const open = (mapping) => window.CartageWorkbench.open({ partner: slug, mapping })

  function load({ mappings = [] }) {
    part.fill(
      button({ icon: 'table', text: t('page.codes'), onclick: () => window.CartageCodes.show(slug) }),
      ...mappings.map((file) =>
        button({
          icon: 'random',
          text: file.replace(/^map\/|\.jsonata$/g, ''),
          title: t('page.openMapping'),
          onclick: () => open(`map/${file.replace(/^map\//, '')}`),
        }),
      ),
    )
  }
  return { element: part.element, load }
}
