/* A partner's code table: found, added, changed, taken away, and every change taken back. */
import { field, filled, openDialog, reason } from '../workbench/dialog.mjs'
import { button, empty, h } from '../workbench/dom.mjs'
import { entryForm } from './entry-form.mjs'
import { historyPart } from './history-part.mjs'
import { pasteList } from './paste-list.mjs'
import { t } from './text.mjs'

/** `isDraft`: of a partner that is not there yet; nobody is asked why, and there is no history. */
export function tablePart(element, { partner, api, tell, reload, isDraft = false }) {
  const search = h('input', {
    type: 'search',
    placeholder: t('table.search'),
    'aria-label': t('table.search'),
    oninput: list,
  })
  const rows = h('ul', { class: 'cartage-codes-list' })
  const heading = h('h3', {}, t('table.title'))
  const count = h('span', { class: 'cartage-wb-count' })
  const undo = button({ icon: 'undo', title: t('table.undo'), onclick: takeBack })
  const history = historyPart({ partner, api })
  const chosen = new Set()
  const all = h('input', { type: 'checkbox', 'aria-label': t('table.selectAll'), onchange: chooseAll })
  const takeOut = button({ icon: 'trash-o', danger: true, hidden: true, onclick: () => remove([...chosen]), text: '' })
  let table = { codes: {}, version: 0, conflicts: [] }
  let taxonomy = { events: [], reasons: [], variants: [] }
  heading.append(count)
  element.replaceChildren(
    h(
      'div',
      { class: 'cartage-codes-bar' },
      heading,
      undo,
      button({ icon: 'clipboard', text: t('table.paste'), onclick: paste }),
      button({ icon: 'plus', text: t('table.add'), onclick: () => edit() }),
    ),
    search,
    h(
      'div',
      { class: 'cartage-codes-all' },
      h('label', { class: 'cartage-tick' }, all, ' ', t('table.selectAll')),
      takeOut,
    ),
    rows,
    ...(isDraft ? [] : [history.element]),
  )

  function show(given, known) {
    table = given
    taxonomy = known
    undo.disabled = given.version === 0
    for (const code of chosen) if (!Object.hasOwn(table.codes, code)) chosen.delete(code)
    showChosen()
    if (!isDraft) history.fresh()
    list()
  }

  /** All that are in sight: what was searched for. */
  function chooseAll() {
    const shown = [...rows.querySelectorAll('[data-code]')].map(({ dataset }) => dataset.code)
    for (const code of shown) choose(code, all.checked)
    list()
  }

  function showChosen() {
    const total = Object.keys(table.codes).length
    all.parentElement.hidden = total < 2
    all.checked = total > 0 && chosen.size === total
    all.indeterminate = chosen.size > 0 && chosen.size < total
    takeOut.hidden = chosen.size === 0
    takeOut.lastChild.textContent = ` ${t('table.removeChosen', { n: chosen.size })}`
  }

  function choose(code, isChosen) {
    if (isChosen) chosen.add(code)
    else chosen.delete(code)
    showChosen()
  }

  function list() {
    const wanted = search.value.trim().toLowerCase()
    const all = Object.entries(table.codes)
    const found = all.filter(([code, entry]) =>
      `${code} ${JSON.stringify(entry)} ${labelOf(entry)}`.toLowerCase().includes(wanted),
    )
    count.textContent = found.length === all.length ? String(all.length) : `${found.length}/${all.length}`
    if (found.length > 0) rows.replaceChildren(...found.map(([code, entry]) => row(code, entry)))
    else
      rows.replaceChildren(
        h(
          'li',
          {},
          empty(t(all.length > 0 ? 'table.nothingFound' : 'table.empty'), all.length === 0 && t('table.emptyHint')),
        ),
      )
  }

  function row(code, entry) {
    return h(
      'li',
      { class: 'cartage-codes-row', 'data-code': code },
      h('input', {
        type: 'checkbox',
        checked: chosen.has(code),
        'aria-label': t('table.select', { code }),
        onchange: ({ target }) => choose(code, target.checked),
      }),
      h(
        'button',
        { type: 'button', class: 'cartage-codes-open', onclick: () => edit(code, entry), title: t('table.edit') },
        h('code', {}, code),
        h('span', { class: entry.ignored ? 'ignored' : '' }, labelOf(entry)),
        h('small', {}, [entry.ignored ? '' : entry.type, ...details(entry)].filter(Boolean).join(' · ')),
        table.conflicts.includes(code) && h('small', { class: 'bad' }, t('table.conflict')),
      ),
      button({ icon: 'trash-o', title: t('table.remove', { code }), onclick: () => remove([code]) }),
    )
  }

  const labelOf = (entry) =>
    entry.ignored
      ? t('table.ignored', { label: entry.label })
      : (taxonomy.events.find(({ type }) => type === entry.type)?.label ?? entry.type)

  function details({ reason, variant, attempt, actionRequired, label, ignored }) {
    if (ignored) return []
    const named = (list, key, value) => list.find((one) => one[key] === value)?.label
    return [
      named(taxonomy.reasons, 'reason', reason),
      named(taxonomy.variants, 'variant', variant),
      attempt !== undefined &&
        (typeof attempt === 'number' ? t('form.attemptNumber', { n: attempt }) : t(`form.attemptRule.${attempt}`)),
      actionRequired && t('form.actionRequired'),
      label && `“${label}”`,
    ]
  }

  function edit(code, entry) {
    const closing = { close: () => {} }
    const form = entryForm({
      taxonomy,
      code,
      ...(code !== undefined && { codes: [code] }),
      ...(entry && { entry }),
      submitText: t('table.save'),
      ...(code === undefined && { nextText: t('table.saveNext') }),
      isDraft,
      cancel: () => closing.close(),
      async save(given) {
        await api.saveCodes(partner, { set: { [given.code]: given.entry }, why: given.why, expected: table.version })
        if (!given.isNext) closing.close()
        tell(t(isDraft ? 'paste.taken' : 'table.saved', { n: 1, code: given.code }), 'good')
        await reload()
      },
    })
    const asked = openDialog({
      title: t(code === undefined ? 'table.adding' : 'table.editing', { code }),
      content: [form],
      bare: true,
    })
    const dialog = form.closest('dialog')
    dialog.classList.add('cartage-codes-dialog')
    closing.close = () => dialog.close()
    return asked
  }

  async function paste() {
    const saved = await pasteList({
      taxonomy,
      table: table.codes,
      isDraft,
      save: (change) => api.saveCodes(partner, { ...change, expected: table.version }),
    })
    if (saved === undefined) return
    tell(t(isDraft ? 'paste.taken' : 'paste.saved', { n: saved }), 'good')
    await reload()
  }

  async function remove(codes) {
    if (isDraft) {
      await api.saveCodes(partner, { remove: codes })
      return reload()
    }
    const why = reason()
    const [code] = codes
    const isOne = codes.length === 1
    const done = await openDialog({
      title: isOne ? t('table.removing', { code }) : t('table.removingMany', { n: codes.length }),
      content: [
        !isOne && h('p', {}, ...codes.flatMap((one) => [h('code', {}, one), ' '])),
        h('p', {}, t('table.removingHint')),
        field(t('form.field.why'), why),
      ].filter(Boolean),
      actions: [
        {
          text: isOne ? t('table.removeIt') : t('table.removeChosen', { n: codes.length }),
          danger: true,
          act: () =>
            api.saveCodes(partner, {
              ...{ remove: codes, expected: table.version },
              why: filled(why, t('form.field.why')),
            }),
        },
      ],
    })
    if (!done) return
    tell(t('table.removed', { n: codes.length }), 'good')
    await reload()
  }

  async function takeBack() {
    try {
      const { version } = await api.undoFile(partner, 'codes.json')
      tell(t('table.undone', { version }), 'good')
    } catch (failure) {
      tell(failure.message, 'bad')
    }
    await reload()
  }

  return { show }
}
