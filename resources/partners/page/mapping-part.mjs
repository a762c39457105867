/* Where a partner's codes, mappings, samples and the text of its profile are worked on. */
import { choice } from '../../codes/choice.mjs'
import { button, h } from '../../workbench/dom.mjs'
import * as api from '../api.mjs'
import { openFile, PROFILE } from '../files/file-sheet.mjs'
import { t } from '../text.mjs'
import { partOf } from './part.mjs'

export function mappingPart({ slug, reload }) {
  const part = partOf('mapping', t('page.mapping'))

  async function load(partner) {
    const { samples } = await api.desk(slug)
    const open = (path) => openFile(partner, path).then(reload)
    part.fill(
      button({ icon: 'table', text: t('page.codes'), onclick: () => window.CartageCodes.show(slug) }),
      ...partner.mappings.map(mapping),
      button({ icon: 'code', text: t('page.openProfile'), onclick: () => open(PROFILE) }),
      samples.length > 0 && samplesChoice(samples, open),
    )
  }

  const mapping = (file) =>
    button({
      icon: 'random',
      text: file.replace(/^map\/|\.jsonata$/g, ''),
      title: t('page.openMapping'),
      onclick: () => window.CartageWorkbench.open({ partner: slug, mapping: `map/${file.replace(/^map\//, '')}` }),
    })

  return { element: part.element, load }
}

function samplesChoice(samples, open) {
  const select = choice(
    samples.map((name) => [name, name.replace(/^samples\//, '')]),
    {
      blank: t('page.samples'),
      'aria-label': t('page.samples'),
      onchange() {
        open(select.value)
        select.value = ''
      },
    },
  )
  return h('div', { class: 'cartage-samples' }, select)
}
