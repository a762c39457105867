/* Many codes at once: a list is pasted, looked at and completed, and saved as one change with one reason. */
import { field, filled, openDialog, reason } from '../workbench/dialog.mjs'
import { button, h } from '../workbench/dom.mjs'
import { choice } from './choice.mjs'
import { IGNORED, rowsOf } from './list.mjs'
import { t } from './text.mjs'

/** Lines that are shown to be completed; each has its own choices. */
const MOST = 500

/** `save({ set, why })` may throw what is then said; of a draft nobody says why. Resolves to how many were saved, undefined when nobody did. */
export async function pasteList({ taxonomy, table, save, isDraft = false }) {
  let text = ''
  for (;;) {
    const given = await askForList(text, taxonomy)
    if (given === undefined) return undefined
    const done = await complete(given.rows, { taxonomy, table, save, isDraft })
    if (done !== 'back') return done
    text = given.text
  }
}

async function askForList(text, taxonomy) {
  const list = h('textarea', { rows: 12, value: text, class: 'cartage-wb-json', spellcheck: false })
  return openDialog({
    title: t('paste.title'),
    wide: true,
    content: [h('p', {}, t('paste.text')), field(t('paste.list'), list)],
    actions: [
      { text: t('paste.check'), primary: true, act: () => ({ text: list.value, rows: read(list.value, taxonomy) }) },
    ],
  })
}

function read(text, taxonomy) {
  const rows = rowsOf(text, taxonomy)
  if (rows.length === 0) throw new Error(t('paste.nothing'))
  if (rows.length > MOST) throw new Error(t('paste.tooMany', { n: MOST }))
  return rows
}

function complete(rows, { taxonomy, table, save, isDraft }) {
  const lines = rows.map((row) => lineOf(row, { ...taxonomy, table, leaveOut }))
  const why = reason()
  const heads = [...['code', 'event', 'reason', 'label'].map((name) => t(`paste.${name}`)), '']
  const footer = () => document.querySelector('.cartage-wb-dialog[open] footer button.primary')

  function leaveOut(line) {
    lines.splice(lines.indexOf(line), 1)
    line.element.remove()
    footer().textContent = t('paste.save', { n: lines.length })
    footer().disabled = lines.length === 0
  }
  return openDialog({
    title: t('paste.title'),
    wide: true,
    content: [
      h(
        'table',
        { class: 'cartage-codes-lines' },
        h('thead', {}, h('tr', {}, ...heads.map((head) => h('th', {}, head)))),
        h('tbody', {}, ...lines.map(({ element }) => element)),
      ),
      !isDraft && field(t('form.field.why'), why),
    ].filter(Boolean),
    actions: [
      { text: t('paste.back'), act: () => 'back' },
      {
        text: t('paste.save', { n: lines.length }),
        primary: true,
        async act() {
          const due = lines.filter(({ isDue }) => isDue())
          due[0]?.focus()
          if (due.length > 0) throw new Error(t('paste.due', { n: due.length }))
          const set = Object.fromEntries(lines.map(({ entry }) => entry()))
          await save(isDraft ? { set } : { set, why: filled(why, t('form.field.why')) })
          return lines.length
        },
      },
    ],
  })
}

function lineOf({ code, type, reason, label, problems, isSuggested }, { events, reasons, table, leaveOut }) {
  const named = (name, more) => ({ 'aria-label': `${code}: ${t(`paste.${name}`)}`, ...more })
  const event = choice([...events.map((one) => [one.type, one.label]), [IGNORED, t('form.kind.ignored')]], {
    value: type,
    blank: t('form.choose'),
    ...named('event', { onchange: showDue }),
  })
  const because = choice(
    reasons.map((one) => [one.reason, one.label]),
    { value: reason, blank: t('form.none'), ...named('reason', { onchange: showDue }) },
  )
  const words = h('input', { type: 'text', value: label, maxLength: 200, ...named('label', { oninput: showDue }) })
  const replaced = Object.hasOwn(table, code) && t('paste.replaces')
  const said = h('small', {})
  const out = button({ icon: 'trash-o', title: t('paste.leaveOut', { code }), onclick: () => leaveOut(line) })
  const element = h(
    'tr',
    { 'data-code': code },
    h('th', {}, h('code', {}, code), said),
    ...[event, because, words, out].map((control) => h('td', {}, control)),
  )
  // What is left out says why: the hub asks for it.
  const isDue = () => event.value === '' || (event.value === IGNORED && words.value.trim() === '')
  function showDue() {
    element.classList.toggle('due', isDue())
    because.disabled = event.value === IGNORED
    const open = problems.filter(({ key }) => !isSettled(key))
    const isAsSuggested = isSuggested && event.value === type
    said.className = open.length > 0 ? 'bad' : ''
    said.textContent = [
      ...open.map(({ key, text }) => t(`paste.${key}`, { text })),
      isAsSuggested && t('paste.suggested'),
      replaced,
    ]
      .filter(Boolean)
      .join(' · ')
  }
  /** What the list said and nobody knew is of no interest once somebody has chosen. */
  const isSettled = (key) =>
    (key === 'unknownEvent' && event.value !== '') ||
    (key === 'unknownReason' && (because.value !== '' || event.value === IGNORED))
  const entry = () => {
    const label = words.value.trim()
    if (event.value === IGNORED) return [code, { ignored: true, label }]
    return [code, { type: event.value, ...(because.value && { reason: because.value }), ...(label && { label }) }]
  }
  function focus() {
    element.scrollIntoView({ block: 'center' })
    const due = event.value === '' ? event : words
    due.focus()
  }
  const line = { element, isDue, entry, focus }
  showDue()
  return line
}
