/* The inbox: codes that nobody has mapped, each with what can be done about it. */
import { openDialog } from '../workbench/dialog.mjs'
import { button, empty, h } from '../workbench/dom.mjs'
import { entryForm } from './entry-form.mjs'
import { t, when } from './text.mjs'
import { createWords } from './words.mjs'

/** How often a run of waiting messages is looked at until it is over. */
const LOOK_MS = 500

export function inboxPart(element, { partner, api, tell, reload }) {
  const rows = new Map()
  const wordsOf = createWords({ partner, api, told: (entry) => rows.has(entry.id) && row(current(entry)) })
  let taxonomy
  let shown = []
  /** Id of the entry whose form is open. */
  let open

  function show(entries, known = taxonomy) {
    taxonomy = known
    shown = entries
    const left = entries.filter((one) => one.left)
    const due = entries.filter((one) => !one.left)
    for (const id of rows.keys()) if (!entries.some((one) => one.id === id)) rows.delete(id)
    if (!entries.some(({ id }) => id === open)) open = undefined
    const title = h('h3', {}, t('inbox.title'), badge(due.length))
    const list = due.length > 0 ? listOf(due) : empty(t('inbox.empty'), t('inbox.emptyHint'))
    const choices = due.length > 0 ? h('p', { class: 'cartage-codes-facts' }, t('inbox.choices')) : ''
    element.replaceChildren(title, choices, list, ...(left.length > 0 ? [leftPart(left)] : []))
  }

  const current = (entry) => shown.find(({ id }) => id === entry.id) ?? entry
  const badge = (n) => h('span', { class: `cartage-wb-count${n > 0 ? ' bad' : ''}` }, String(n))
  const listOf = (entries) => h('ul', { class: 'cartage-codes-list' }, ...entries.map(row))
  const leftPart = (entries) =>
    h(
      'details',
      { class: 'cartage-codes-left', open: element.querySelector('.cartage-codes-left')?.open ?? false },
      h('summary', {}, t('inbox.left', { n: entries.length })),
      listOf(entries),
    )

  /** The form stays the element that it is while the rest is brought up to date: somebody writes in it. */
  function row(entry) {
    const known = rows.get(entry.id) ?? h('li', { 'data-code': entry.code })
    rows.set(entry.id, known)
    const form = entry.id === open ? known.querySelector('form') : undefined
    const focused = form?.contains(document.activeElement) ? document.activeElement : undefined
    known.replaceChildren(summary(entry), words(entry), facts(entry), progress(entry), actions(entry), form ?? '')
    focused?.focus()
    return known
  }

  const summary = ({ code, count }) =>
    h(
      'div',
      { class: 'cartage-codes-head' },
      h('code', {}, code),
      h('span', { class: 'cartage-wb-count' }, t('inbox.messages', { n: count })),
    )

  function words(entry) {
    const text = wordsOf(entry)
    return text === undefined ? '' : h('p', { class: 'cartage-codes-words' }, t('inbox.words', { text }))
  }

  const facts = ({ firstSeen, lastSeen, waiting, left }) =>
    h(
      'p',
      { class: 'cartage-codes-facts' },
      t('inbox.seen', { first: when(firstSeen), last: when(lastSeen) }),
      waiting > 0 && ` · ${t('inbox.waiting', { n: waiting })}`,
      left && ` · ${t('inbox.leftBy', { by: left.by })}`,
    )

  function progress({ job }) {
    if (!job) return ''
    const { state, done, gone, total } = job
    return h(
      'div',
      { class: 'cartage-codes-progress', role: 'status' },
      state === 'running' && h('progress', { max: Math.max(1, total), value: done + gone }),
      t(state === 'running' ? 'inbox.running' : gone > 0 ? 'inbox.ranGone' : 'inbox.ran', { done, total, gone }),
    )
  }

  function actions(entry) {
    const { id, code, mapping, sample, waiting, left } = entry
    return h(
      'div',
      { class: 'cartage-codes-actions' },
      button({
        text: t('inbox.map'),
        primary: true,
        'aria-expanded': String(id === open),
        onclick: () => toggle(entry),
      }),
      sample && button({ text: t('inbox.sample'), onclick: () => showSample(mapping, sample) }),
      waiting > 0 && button({ text: t('inbox.rerun'), title: t('inbox.rerunHint'), onclick: () => act('rerun', code) }),
      !left && button({ text: t('inbox.leave'), title: t('inbox.leaveHint'), onclick: () => act('leave', code) }),
    )
  }

  function toggle(entry) {
    const item = rows.get(entry.id)
    item.querySelector('form')?.remove()
    open = open === entry.id ? undefined : entry.id
    for (const [id, other] of rows) if (id !== open) other.querySelector('form')?.remove()
    if (open === undefined) return
    const form = entryForm({
      taxonomy,
      entry: { label: wordsOf(entry)?.slice(0, 200) },
      codes: entry.lookups.length > 0 ? entry.lookups : [entry.code],
      code: entry.lookups.includes(entry.code) ? entry.code : entry.lookups.at(-1),
      hint: entry.lookups.length === 0 ? t('inbox.notLookedUp', { mapping: entry.mapping }) : undefined,
      submitText: entry.waiting > 0 ? t('inbox.mapAndRerun', { n: entry.waiting }) : t('inbox.map'),
      cancel: () => toggle(entry),
      save: (given) => map(entry, given),
    })
    item.append(form)
    form.querySelector('select, input').focus()
  }

  async function map({ code }, { code: lookup, entry, why }) {
    const { version, job } = await api.mapCode({ partner, code, lookup, entry, why })
    open = undefined
    tellOf(job, { code: lookup, version })
    await reload()
    follow(job.id, { code: lookup, version })
  }

  function tellOf({ state, total, done, gone }, mapped) {
    const whole = gone > 0 ? 'Gone' : 'Done'
    const what = total === 0 ? '' : state === 'running' ? 'Running' : whole
    tell(t(`inbox.mapped${what}`, { ...mapped, n: total, done, gone }), 'good')
  }

  /** What becomes of the messages that waited, until the last of them. */
  async function follow(id, mapped) {
    const job = await api.inboxJob(id).catch(() => undefined)
    if (!job || !element.isConnected) return
    tellOf(job, mapped)
    if (job.state === 'running') setTimeout(follow, LOOK_MS, id, mapped)
  }

  async function act(verb, code) {
    try {
      await api[verb === 'leave' ? 'leaveCode' : 'rerunCode']({ partner, code })
      tell(t(`inbox.did.${verb}`, { code }), 'good')
      await reload()
    } catch (failure) {
      tell(failure.message, 'bad')
    }
  }

  async function showSample(mapping, id) {
    const shown = await api.sample(partner, mapping, `message:${id}`).catch((failure) => ({ failure }))
    const text = shown.failure ? shown.failure.message : JSON.stringify(shown.body, null, 2)
    await openDialog({
      title: t('inbox.sampleOf', { id }),
      wide: true,
      content: [
        shown.masked ? h('p', { class: 'cartage-wb-note' }, t('inbox.masked')) : '',
        h('pre', { class: 'cartage-wb-plain', tabIndex: 0 }, text),
      ].filter(Boolean),
    })
  }

  return { show }
}
