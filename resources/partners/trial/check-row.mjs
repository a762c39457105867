/* One check: what came of it, why, what to do, the message that it is about, and the place to repair it. */
import { diffTable } from '../../workbench/diff.mjs'
import { button, h } from '../../workbench/dom.mjs'
import { closeSheets } from '../sheet.mjs'
import { openFile, PROFILE } from '../files/file-sheet.mjs'
import { outcomeSign } from '../looks.mjs'
import { t } from '../text.mjs'

const PARTS = ['request', 'response', 'payload', 'expected', 'actual']

export function checkRow(check, { partner, leave, outcome, isOpen }) {
  const { id, title, required, why, message = {}, link } = check
  const more = [
    why && h('p', {}, why),
    Array.isArray(message.diff) && diffTable(message.diff, { before: t('trial.expected'), after: t('trial.actual') }),
    ...PARTS.filter(
      (name) => message[name] !== undefined && !(message.diff && (name === 'expected' || name === 'actual')),
    ).map((name) => shown(name, message[name])),
    link && repair(link, partner, leave),
  ].filter(Boolean)
  const head = [
    outcomeSign(outcome),
    h('span', { class: 'title' }, title),
    required && h('span', { class: 'cartage-tag', title: t('trial.requiredHint') }, t('trial.required')),
  ]
  if (more.length === 0)
    return h('li', { 'data-check': id, class: outcome }, h('div', { class: 'cartage-check-head' }, ...head))
  return h(
    'li',
    { 'data-check': id, class: outcome },
    h(
      'details',
      { open: isOpen },
      h('summary', { class: 'cartage-check-head' }, ...head),
      h('div', { class: 'cartage-check-more' }, ...more),
    ),
  )
}

const shown = (name, value) =>
  h(
    'details',
    { class: 'cartage-check-message', open: name === 'payload' },
    h('summary', {}, t(`trial.${name}`)),
    h('pre', { class: 'cartage-wb-plain' }, typeof value === 'string' ? value : JSON.stringify(value, null, 2)),
  )

/** Texts are repaired above this sheet; what has a form on the page beneath it, and codes in the sidebar. */
function repair({ kind, path }, partner, leave) {
  const { slug } = partner
  const go = {
    mapping: () => window.CartageWorkbench.open({ partner: slug, ...(path && { mapping: path }) }),
    sample: () => openFile(partner, path),
    async manifest() {
      const part = partOfPage(path)
      if (part === undefined) return openFile(partner, PROFILE, path)
      await leave()
      await window.CartagePartners.show(slug, part)
    },
    codes: () => closeSheets().then(() => window.CartageCodes.show(slug)),
  }[kind]
  const place = (kind === 'manifest' && partOfPage(path)) || kind
  return go && button({ icon: 'wrench', text: t(`repair.${place}`), title: path, onclick: go })
}

/** The part of the partner's page that has a form for a field of the profile; undefined: it is changed in the text. */
function partOfPage(path) {
  const forms = [
    ['profile', /^(limits|serviceLevels|cutOff|tariff\.(cutOff|timeZone))/],
    ['trust', /^webhook\.(signature|messageId|key)/],
    ['account', /^(credentials|parameters)$/],
  ]
  return forms.find(([, fields]) => fields.test(path))?.[0]
}
