/*
 * A question in front of the workbench. The browser's own dialog: it holds the focus, Escape closes it, and what is behind
 * it is out of reach.
 */
import { button, h } from './dom.mjs'
import { t } from './text.mjs'

/**
 * `actions`: [{ text, primary, danger, icon, act }], `act` may refuse to close by returning false or throw what is then
 * said; without any, the dialog informs and is closed. `bare`: the content has its own buttons, and closes by `closing.close`.
 * Resolves once closed, with what the action gave (undefined when it was dismissed).
 */
export function openDialog({ title, content, actions = [], wide = false, bare = false }) {
  return new Promise((resolve) => {
    let answer
    const said = h('p', { class: 'cartage-wb-said', role: 'alert' })
    const close = () => dialog.close()
    const run = async (act) => {
      said.textContent = ''
      dialog.classList.add('busy')
      try {
        const given = await act()
        if (given === false) return
        answer = given ?? true
        close()
      } catch (failure) {
        said.textContent = failure.message
      } finally {
        dialog.classList.remove('busy')
      }
    }
    const made = actions.map(({ act, ...looks }) => button({ ...looks, onclick: () => run(act) }))
    const dialog = h(
      'dialog',
      { class: `cartage-wb-dialog${wide ? ' wide' : ''}`, 'aria-label': title },
      h('h3', {}, title),
      h('div', { class: 'cartage-wb-dialog-content' }, content),
      said,
      !bare && h('footer', {}, button({ text: t(made.length > 0 ? 'cancel' : 'close'), onclick: close }), ...made),
    )
    // The editor listens for keys on the document: a question in front of it is not its business.
    dialog.addEventListener('keydown', (event) => event.stopPropagation())
    dialog.addEventListener('input', () => {
      said.textContent = ''
    })
    dialog.addEventListener('close', () => {
      dialog.remove()
      resolve(answer)
    })
    document.querySelector('#red-ui-editor').append(dialog)
    dialog.showModal()
    dialog.querySelector('input, textarea, select')?.focus()
  })
}

/** A labelled field. */
export function field(label, input, hint) {
  return h('label', { class: 'cartage-wb-field' }, h('span', {}, label), input, hint && h('small', {}, hint))
}

/** Asks why; what is changed for everybody has a reason that stays. */
export const reason = (placeholder) => h('textarea', { rows: 2, placeholder, maxLength: 500, 'aria-required': 'true' })

/** The text of a field that must be filled, or the refusal. */
export function filled(input, label) {
  const said = input.value.trim()
  if (said === '') throw new Error(t('dialog.fill', { label }))
  return said
}
