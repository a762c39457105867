/*
 * The golden samples of a mapping: what was agreed to come out. Run against the text as it is being written; a new result
 * becomes golden only by somebody's decision, with a reason.
 */
import * as api from '../api.mjs'
import { field, filled, openDialog, reason } from '../dialog.mjs'
import { diffTable } from '../diff.mjs'
import { button, debounce, empty, h } from '../dom.mjs'
import { t } from '../text.mjs'
import { createPrivacyList } from './golden-privacy.mjs'

const REST_MS = 800

export function createGoldensPanel(session, { chooseSample, samplesChanged }) {
  const { state } = session
  const said = h('span', { class: 'cartage-wb-said', role: 'status' })
  const list = h('div', {})
  const element = h(
    'div',
    { class: 'cartage-wb-fill' },
    h(
      'div',
      { class: 'cartage-wb-tools' },
      button({ icon: 'play', text: t('goldens.run'), onclick: () => run() }),
      button({ icon: 'plus', text: t('goldens.add'), title: t('goldens.addHint'), onclick: add }),
      said,
    ),
    list,
  )
  const open = new Set()

  async function run() {
    soon.cancel()
    const { partner, mapping, source } = state
    if (!partner || !mapping) return
    said.textContent = t('goldens.running')
    try {
      const results = await api.runGoldens({ partner, mapping, source })
      session.set({ goldens: { source, results } })
    } catch (failure) {
      said.textContent = failure.message
    }
  }
  const soon = debounce(run, REST_MS)

  function show() {
    const results = state.goldens?.results ?? []
    const failing = results.filter(({ ok }) => !ok).length
    const stale = state.goldens && state.goldens.source !== state.source
    said.className = `cartage-wb-said ${failing > 0 ? 'bad' : stale || results.length === 0 ? '' : 'good'}`
    said.textContent =
      results.length === 0
        ? ''
        : stale
          ? t('goldens.stale')
          : failing === 0
            ? t('goldens.allGood', { n: results.length })
            : t('goldens.failing', { n: failing, of: results.length })
    const nothing = state.goldens && results.length === 0
    list.replaceChildren(
      nothing
        ? empty(h('span', { class: 'warn' }, t('goldens.none')), t('goldens.noneHint'))
        : h('ul', { class: 'cartage-wb-list' }, ...results.map(row)),
    )
  }

  const row = (result) => {
    const { name, ok, diff = [], error } = result
    const details = h(
      'details',
      { open: open.has(name), ontoggle: (event) => (event.target.open ? open.add(name) : open.delete(name)) },
      h(
        'summary',
        {},
        h('i', { class: `fa fa-${ok ? 'check good' : 'times bad'}`, 'aria-hidden': 'true' }),
        ` ${name} `,
        h('small', {}, ok ? t('goldens.same') : error ? t('goldens.error') : t('goldens.differs', { n: diff.length })),
      ),
      error && h('p', { class: 'bad' }, error.message ?? String(error)),
      diff.length > 0 && diffTable(diff),
      h(
        'div',
        { class: 'cartage-wb-tools' },
        button({ icon: 'eye', text: t('goldens.open'), onclick: () => openSample(name) }),
        !ok && !error && button({ icon: 'gavel', text: t('goldens.accept'), onclick: () => accept(result) }),
      ),
    )
    return h('li', {}, details)
  }

  function openSample(name) {
    const sample = state.samples.find((one) => one.golden === name || one.name === name || one.id === name)
    if (sample) chooseSample(sample.id)
  }

  async function accept({ name, diff }) {
    const why = reason(t('goldens.whyHint'))
    const { partner, mapping, source } = state
    const done = await openDialog({
      title: t('goldens.acceptTitle', { name }),
      wide: true,
      content: [h('p', {}, t('goldens.acceptText')), diffTable(diff), field(t('why'), why)],
      actions: [
        {
          text: t('goldens.accept'),
          primary: true,
          act: () => api.acceptGolden({ partner, mapping, name, source, why: filled(why, t('why')) }),
        },
      ],
    })
    if (done) await run()
  }

  async function add() {
    const { partner, mapping, source, sample } = state
    if (!sample) return
    const name = h('input', { type: 'text', placeholder: t('goldens.namePlaceholder'), maxLength: 80 })
    const asked = { partner, mapping, source, sample: session.question().sample }
    const privacy = createPrivacyList((choices) => api.previewGolden({ ...asked, ...choices }))
    const added = await openDialog({
      title: t('goldens.addTitle'),
      wide: true,
      content: [
        h('p', {}, t('goldens.addText')),
        field(t('goldens.name'), name, t('goldens.nameHint')),
        ...privacy.elements,
      ],
      actions: [
        {
          text: t('goldens.add'),
          primary: true,
          act: () => api.addGolden({ ...asked, ...privacy.choices(), name: filled(name, t('goldens.name')) }),
        },
      ],
    })
    if (!added) return
    await showReplaced(added)
    await samplesChanged()
    await run()
  }

  session.watch(['goldens'], show)
  session.watch(['answer'], () => (element.closest('[hidden]') ? show() : soon()))
  session.watch(['mapping', 'partner'], () => session.set({ goldens: undefined }))
  show()
  return {
    id: 'goldens',
    title: t('goldens.title'),
    element,
    shown: () => (state.goldens?.source === state.source ? show() : run()),
    close: () => soon.cancel(),
    run,
    badge() {
      if (!state.goldens?.results.length) return {}
      const bad = state.goldens.results.filter(({ ok }) => !ok).length
      return {
        text: `${state.goldens.results.length - bad}/${state.goldens.results.length}`,
        kind: bad > 0 ? 'bad' : 'good',
      }
    },
  }
}

/** What was personal in the message is invented in the sample: an analyst sees what, before others do. */
const showReplaced = ({ replaced = [], files = [] }) =>
  openDialog({
    title: t('goldens.added'),
    content: [
      h('ul', {}, ...files.map((file) => h('li', {}, h('code', {}, file.path ?? file)))),
      h('p', {}, t(replaced.length === 0 ? 'goldens.nothingReplaced' : 'goldens.replaced', { n: replaced.length })),
      h(
        'ul',
        {},
        ...replaced.map(({ path, kind }) => h('li', {}, h('code', {}, path), ` ${t(`goldens.kind.${kind}`)}`)),
      ),
    ],
    actions: [],
  })
