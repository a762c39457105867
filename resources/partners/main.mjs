/*
 * Partners in the editor: how each fares, new ones from a template, their test run, going live and upgrades. A tab of the
 * sidebar of its own, and `CartagePartners` for whoever leads there.
 */
import { h } from '../workbench/dom.mjs'
import { createPartnersTab } from './list/partners-tab.mjs'
import { t } from './text.mjs'

document.head.append(h('link', { rel: 'stylesheet', href: new URL('partners.css', import.meta.url).href }))

RED.plugins.registerPlugin('cartage-partners', {
  type: 'cartage-editor',
  onadd() {
    const tab = createPartnersTab()
    window.CartagePartners = {
      /** `part`: one of the page's, that is unfolded and brought into sight. */
      show(slug, part) {
        RED.sidebar.show('cartage-partners')
        return tab.show(slug, part)
      },
      newPartner: tab.newPartner,
    }
    RED.sidebar.addTab({
      id: 'cartage-partners',
      label: t('tab.label'),
      name: t('tab.title'),
      content: tab.element,
      iconClass: 'fa fa-handshake-o',
      enableOnEdit: false,
      onchange: () => tab.load(),
    })
    RED.actions.add('cartage:show-partners-tab', () => RED.sidebar.show('cartage-partners'))
    RED.actions.add('cartage:new-partner', () => window.CartagePartners.newPartner())
  },
})
