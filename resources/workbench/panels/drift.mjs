/* Fields that a partner began or ceased to send, until somebody has dealt with them. */
import * as api from '../api.mjs'
import { button, empty, h } from '../dom.mjs'
import { pathInBody } from '../session.mjs'
import { t, when } from '../text.mjs'
import { countOf } from './problems.mjs'

export function createDriftPanel(session, { revealSource, chooseSample }) {
  const { state } = session
  const element = h('div', { class: 'cartage-wb-fill' })
  let drifted = []

  async function load() {
    if (!state.partner) return
    try {
      const all = await api.drift(state.partner)
      drifted = all.filter(({ mapping }) => mapping === undefined || mapping === state.mapping)
      show()
    } catch (failure) {
      element.replaceChildren(empty(t('drift.failed'), failure.message))
    }
    session.set({ drift: drifted })
  }

  async function settle(one) {
    try {
      await api.settleDrift({ partner: state.partner, mapping: one.mapping, path: one.path })
      await load()
    } catch (failure) {
      RED.notify(failure.message, 'error')
    }
  }

  function show() {
    element.replaceChildren(
      drifted.length === 0
        ? empty(t('drift.none'), t('drift.noneHint'))
        : h(
            'ul',
            { class: 'cartage-wb-list' },
            ...drifted.map((one) => h('li', { class: 'cartage-wb-suggestion' }, ...row(one).filter(Boolean))),
          ),
    )
  }
  const row = (one) => [
    h(
      'button',
      { type: 'button', class: 'cartage-wb-item', onclick: () => revealSource(pathInBody(state, one.path)) },
      h('span', { class: `cartage-wb-badge ${one.kind}` }, t(`drift.${one.kind}`)),
      h('span', { class: 'path' }, ` ${one.path}`),
      h('small', {}, t('drift.since', { since: when(one.since), last: when(one.lastSeen), n: one.count })),
    ),
    one.sample && button({ icon: 'eye', title: t('drift.open'), onclick: () => chooseSample(one.sample) }),
    button({ icon: 'check', text: t('drift.settle'), title: t('drift.settleHint'), onclick: () => settle(one) }),
  ]
  session.watch(['partner', 'mapping'], load)
  return { id: 'drift', title: t('drift.title'), element, shown: load, badge: () => countOf(drifted.length, 'warn') }
}
