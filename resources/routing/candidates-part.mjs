/*
 * The couriers of one row: who, under which condition, at what cost and how many.
 */
import { button, h } from '../workbench/dom.mjs'
import { prune, selectField, textField } from './fields.mjs'
import { t } from './text.mjs'

const WINDOW = /^(\d\d:\d\d)\s*-\s*(\d\d:\d\d)\s*[=:]?\s+?(\d+)$/

/** `08:00-12:00 20, 12:00-18:00 30` */
const windowsText = (windows = []) => windows.map(({ from, to, most }) => `${from}-${to} ${most}`).join(', ')
const windowsOf = (said) => {
  const parts = said
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)
  if (parts.length === 0) return undefined
  return parts.map((part) => {
    const [, from = part, to = '', most = '0'] = WINDOW.exec(part) ?? []
    return { from, to, most: Number(most) }
  })
}
const wholeOf = (said) => (/^\d+$/.test(said) ? Number(said) : undefined)

/** `choices` are [slug, label]. `value()` gives the candidates in their order. */
export function candidatesPart(given, choices) {
  let items = []
  const list = h('ol', { class: 'cartage-routing-candidates' })
  const show = (focus) => {
    list.replaceChildren(...items.map(({ element }) => element))
    focus?.focus()
  }

  function move(item, by) {
    const from = items.indexOf(item)
    const to = from + by
    if (to < 0 || to >= items.length) return
    items.splice(to, 0, ...items.splice(from, 1))
    show(item.element.querySelector(by < 0 ? '.up' : '.down'))
  }

  function add(candidate) {
    const offered = choices.some(([slug]) => slug === candidate.partner)
    const options = [
      ['', t('table.choose')],
      ...(candidate.partner && !offered ? [[candidate.partner, candidate.partner]] : []),
      ...choices,
    ]
    const fields = {
      partner: selectField(t('candidate.partner'), candidate.partner ?? '', options, { read: (said) => said }),
      perDay: textField(t('candidate.perDay'), candidate.perDay, { placeholder: t('table.unlimited'), read: wholeOf }),
      windows: textField(t('candidate.windows'), windowsText(candidate.windows), {
        placeholder: '08:00-12:00 20',
        read: windowsOf,
      }),
      cost: textField(t('candidate.cost'), candidate.cost, { placeholder: t('candidate.tariff') }),
      when: textField(t('candidate.when'), candidate.when, { placeholder: t('candidate.always'), wide: true }),
    }
    const quote = h('input', { type: 'checkbox', checked: candidate.quote === true })
    const item = {}
    item.value = () =>
      prune({
        ...Object.fromEntries(Object.entries(fields).map(([name, { value }]) => [name, value()])),
        quote: quote.checked || undefined,
      })
    const buttons = h(
      'div',
      { class: 'cartage-routing-buttons' },
      button({ icon: 'arrow-up', title: t('action.up'), onclick: () => move(item, -1) }),
      button({ icon: 'arrow-down', title: t('action.down'), onclick: () => move(item, 1) }),
      button({ icon: 'trash-o', title: t('action.remove'), onclick: () => remove(item) }),
    )
    buttons.children[0].classList.add('up')
    buttons.children[1].classList.add('down')
    const asks = h('label', { class: 'cartage-routing-check wide' }, quote, ' ', t('candidate.quote'))
    item.element = h(
      'li',
      {},
      buttons,
      h(
        'div',
        { class: 'cartage-routing-grid' },
        Object.values(fields).map(({ element }) => element),
        asks,
      ),
    )
    items.push(item)
    return item
  }

  function remove(item) {
    items = items.filter((one) => one !== item)
    show()
    list.dispatchEvent(new Event('change', { bubbles: true }))
  }

  for (const candidate of given) add(candidate)
  show()
  const more = button({
    icon: 'plus',
    text: t('action.addCandidate'),
    onclick: () => show(add({}).element.querySelector('select')),
  })
  more.classList.add('cartage-routing-add-candidate')
  return { element: h('div', {}, list, more), value: () => items.map((item) => item.value()) }
}
