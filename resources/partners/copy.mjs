/* A text that is given to somebody else: shown whole, copied with one press. */
import { button, h } from '../workbench/dom.mjs'
import { t } from './text.mjs'

/** `secret`: shown as dots until it is asked for. */
export function copyable(value, { label, secret = false }) {
  const text = h('input', {
    type: secret ? 'password' : 'text',
    value,
    readOnly: true,
    'aria-label': label,
    autocomplete: 'off',
    onfocus: () => text.select(),
  })
  const said = h('small', { role: 'status' })
  const look = secret && button({ icon: 'eye', title: t('copy.show'), onclick: show })
  const copy = button({ icon: 'clipboard', text: t('copy.copy'), title: t('copy.of', { label }), onclick: take })

  function show() {
    text.type = text.type === 'text' ? 'password' : 'text'
  }

  /** Where the page may not write to the clipboard (no TLS) the text is chosen, for the reader's own keys. */
  async function take() {
    try {
      await navigator.clipboard.writeText(value)
      said.textContent = t('copy.done')
    } catch {
      text.type = 'text'
      text.select()
      said.textContent = document.execCommand('copy') ? t('copy.done') : t('copy.byHand')
    }
  }

  return h('div', { class: 'cartage-copy' }, text, look, copy, said)
}
