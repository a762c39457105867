/*
 * Brings the workbench into the editor: the sidebar's tab, the question before a deploy, and `CartageWorkbench.open` for
 * the mapper's dialog.
 */
import { installDeployGate } from './deploy-gate.mjs'
import { h } from './dom.mjs'
import { openWorkbench } from './open.mjs'
import { createSidebar } from './sidebar.mjs'
import { t } from './text.mjs'

document.head.append(h('link', { rel: 'stylesheet', href: new URL('workbench.css', import.meta.url).href }))

/** Templates' mappings that were saved in this session and not deployed since. */
const saved = new Map()
const changed = (partner, mapping) => saved.set(`${partner}/${mapping}`, { partner, mapping })

const open = (given) => openWorkbench(given, { changed }).catch((failure) => RED.notify(failure.message, 'error'))

RED.plugins.registerPlugin('cartage-workbench', {
  type: 'cartage-editor',
  onadd() {
    window.CartageWorkbench = { open }
    const sidebar = createSidebar({ open: (given) => open(given).then(sidebar.load) })
    RED.sidebar.addTab({
      id: 'cartage-mapping',
      label: t('sidebar.label'),
      name: t('sidebar.title'),
      content: sidebar.element,
      iconClass: 'fa fa-random',
      enableOnEdit: false,
      onchange: () => sidebar.load(),
    })
    RED.actions.add('cartage:show-mapping-tab', () => RED.sidebar.show('cartage-mapping'))
    installDeployGate({ saved })
  },
})
