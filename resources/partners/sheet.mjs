/*
 * A sheet over the whole editor, for what needs more room than the sidebar: the gallery, the wizard, a test run, an upgrade.
 * It is one of the editor's trays, so that the mapping workbench may open above it and come back to it.
 */
import { button, h } from '../workbench/dom.mjs'
import { t } from './text.mjs'

const WIDE = 'cartage-wb-open'

/** Sheets that are open, the topmost last. */
const open = []

/**
 * `content(sheet)` gives the element. The sheet: `title(text)`, `foot(...elements)`, `mayLeave` (async, asked before it is
 * closed by whoever looks at it), `onshow` once it is in sight (again), `onclose`, and `close()`, which asks nothing and
 * resolves once it is gone. Resolves once it is closed.
 */
export function openSheet({ title, label, content }) {
  return new Promise((closed) => {
    const heading = h('h3', {}, title)
    const footer = h('footer', { class: 'cartage-sheet-foot', hidden: true })
    const sheet = {
      mayLeave: async () => true,
      onshow() {},
      onclose() {},
      title: (text) => heading.replaceChildren(text),
      foot(...elements) {
        footer.replaceChildren(...elements.filter(Boolean))
        footer.hidden = elements.length === 0
      },
      async close() {
        document.body.classList.remove(WIDE)
        open.splice(open.indexOf(sheet), 1)
        await new Promise((gone) => RED.tray.close(gone))
        closed()
      },
    }
    const leave = async () => (await sheet.mayLeave()) && sheet.close()
    const body = h('div', { class: 'cartage-sheet-body' })
    const element = h(
      'div',
      { class: 'cartage-wb cartage-sheet', role: 'region', 'aria-label': label ?? title, onkeydown: key },
      h('header', { class: 'cartage-wb-header' }, heading, button({ icon: 'times', text: t('close'), onclick: leave })),
      body,
      footer,
    )
    /** Keys are the sheet's, not the flow's that lies beneath it. */
    function key(event) {
      event.stopPropagation()
      if (event.key !== 'Escape' || event.defaultPrevented) return
      // Else the key would close the question that it asks, too.
      event.preventDefault()
      leave()
    }
    open.push(sheet)
    body.append(content(sheet))
    RED.tray.show({
      title: label ?? title,
      width: Number.POSITIVE_INFINITY,
      focusElement: false,
      open(tray) {
        tray.addClass('cartage-wb-tray').find('.red-ui-tray-body').append(element)
      },
      show() {
        // What lay above it has given the room back.
        document.body.classList.add(WIDE)
        RED.tray.resize()
        sheet.onshow()
        if (!element.contains(document.activeElement)) body.querySelector('input, select, button')?.focus()
      },
      close: () => sheet.onclose(),
    })
    document.body.classList.add(WIDE)
  })
}

/** Closes all sheets, for what lies beneath them; what is being written in one is asked for by whoever calls this. */
export async function closeSheets() {
  while (open.length > 0) await open.at(-1).close()
}
