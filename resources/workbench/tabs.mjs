/* Tabs as people know them: arrows walk, the shown panel is told, a badge counts. */
import { h } from './dom.mjs'

/** `panels`: [{ id, title, element, badge?(), shown?() }]. */
export function createTabs(panels, label) {
  const list = h('div', { class: 'cartage-wb-tabs', role: 'tablist', 'aria-label': label })
  const element = h('div', { class: 'cartage-wb-panels' }, list)
  const buttons = new Map()
  let shown

  for (const [position, panel] of panels.entries()) {
    const badge = h('span', { class: 'cartage-wb-count' })
    const tab = h(
      'button',
      {
        type: 'button',
        role: 'tab',
        id: `cartage-wb-tab-${panel.id}`,
        'aria-controls': `cartage-wb-panel-${panel.id}`,
        onclick: () => show(panel.id),
        onkeydown: (event) => walk(event, position),
      },
      panel.title,
      badge,
    )
    const place = h(
      'div',
      {
        class: 'cartage-wb-panel',
        role: 'tabpanel',
        id: `cartage-wb-panel-${panel.id}`,
        'aria-labelledby': `cartage-wb-tab-${panel.id}`,
      },
      panel.element,
    )
    buttons.set(panel.id, { tab, badge, place, panel })
    list.append(tab)
    element.append(place)
  }

  function walk(event, position) {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    if (!by) return
    const next = panels[(position + by + panels.length) % panels.length]
    show(next.id)
    buttons.get(next.id).tab.focus()
  }

  function show(id) {
    shown = id
    for (const [other, { tab, place }] of buttons) {
      tab.setAttribute('aria-selected', String(other === id))
      tab.tabIndex = other === id ? 0 : -1
      place.hidden = other !== id
    }
    buttons.get(id).panel.shown?.()
  }

  function count() {
    for (const { badge, panel } of buttons.values()) {
      const { text = '', kind = '' } = panel.badge?.() ?? {}
      badge.textContent = text
      badge.className = `cartage-wb-count ${kind}`
    }
  }
  show(panels[0].id)
  return { element, show, count, shown: () => shown }
}
