/* Where a partner's codes, mappings, samples and the text of its profile are worked on. */
import { button, h } from '../../workbench/dom.mjs'
import * as api from '../api.mjs'
import { openFile, PROFILE } from '../files/file-sheet.mjs'
import { t } from '../text.mjs'
import { partOf } from './part.mjs'

export function mappingPart({ slug, tell, reload, leave }) {
  const part = partOf('mapping', t('page.mapping'))

  async function load(partner) {
    const { samples, files } = await api.desk(slug)
    const edited = files.map(({ path }) => /^samples\/(.+)/.exec(path)?.[1]).filter(Boolean)
    const gone = edited.filter((name) => !samples.includes(name))
    const open = (path) => openFile(partner, path).then(reload)
    part.fill(
      button({
        icon: 'table',
        text: t('page.codes'),
        onclick: () => leave().then(() => window.CartageCodes.show(slug)),
      }),
      ...partner.mappings.map(mapping),
      button({ icon: 'code', text: t('page.openProfile'), onclick: () => open(PROFILE) }),
      samples.length + gone.length > 0 && samplesChoice({ there: samples, gone }, open, bringBack),
    )
  }

  async function bringBack(path) {
    try {
      await api.undoFile(slug, path, { why: t('page.undoWhy') })
      tell(t('page.broughtBack', { path }))
    } catch (failure) {
      tell(failure.message, 'bad')
    }
    await reload()
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

/** Samples are opened; those that were taken away are brought back. */
function samplesChoice({ there, gone }, open, bringBack) {
  const option = (kind, names) => names.map((name) => h('option', { value: `${kind} ${name}` }, name))
  const select = h(
    'select',
    {
      'aria-label': t('page.samples'),
      onchange() {
        const [kind, name] = select.value.split(' ')
        select.value = ''
        if (kind === 'gone') bringBack(`samples/${name}`)
        else open(`samples/${name}`)
      },
    },
    h('option', { value: '' }, t('page.samples')),
    ...option('there', there),
    gone.length > 0 && h('optgroup', { label: t('page.samplesGone') }, ...option('gone', gone)),
  )
  return h('div', { class: 'cartage-samples' }, select)
}
