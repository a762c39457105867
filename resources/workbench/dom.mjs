/*
 * The little that the workbench needs to make elements. Texts go in as text, never as markup: they hold what partners sent.
 */

/** `h('button', { class: 'x', onclick: go }, 'Go')`. Names with a hyphen and `role`, `class`, `for` are attributes, others properties. */
export function h(tag, options = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || value === false) continue
    if (name.includes('-') || name in ATTRIBUTES) element.setAttribute(name, value)
    else element[name] = value
  }
  element.append(...children.flat().filter((child) => child !== undefined && child !== null && child !== false))
  return element
}

const ATTRIBUTES = { class: true, role: true, for: true, style: true, list: true }

/** A button with an icon, a text or both; with an icon alone the text is its name. */
export function button({ icon, text, title, primary, danger, ...options }) {
  const label = text === undefined ? { 'aria-label': title } : {}
  const looks = [
    'red-ui-button cartage-wb-button',
    primary && 'primary',
    danger && 'danger',
    text === undefined && 'bare',
  ]
    .filter(Boolean)
    .join(' ')
  const mark = icon && h('i', { class: `fa fa-${icon}`, 'aria-hidden': 'true' })
  return h('button', { type: 'button', class: looks, title, ...label, ...options }, mark, icon && text && ' ', text)
}

export const note = (text, kind = '') => h('p', { class: `cartage-wb-note ${kind}` }, text)

/** An empty place that says what would stand here and what to do about it. */
export const empty = (title, hint, ...more) =>
  h('div', { class: 'cartage-wb-empty' }, h('strong', {}, title), hint && h('p', {}, hint), ...more)

/** Calls `work` once things have been quiet for `ms`. */
export function debounce(work, ms) {
  let timer
  const soon = (...values) => {
    clearTimeout(timer)
    timer = setTimeout(work, ms, ...values)
  }
  soon.cancel = () => clearTimeout(timer)
  return soon
}

/** Calls `work` at most once per frame. */
export function perFrame(work) {
  let asked = false
  return () => {
    if (asked) return
    asked = true
    requestAnimationFrame(() => {
      asked = false
      work()
    })
  }
}
