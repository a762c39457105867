/*
 * Orders in the editor: where one stands, what it waits for, what was done and can be undone. A tab of the sidebar of its own, and
 * `CartageOrders` for whoever leads there.
 */
import { h } from '../workbench/dom.mjs'
import { createOrdersTab } from './orders-tab.mjs'
import { t } from './text.mjs'

document.head.append(h('link', { rel: 'stylesheet', href: new URL('orders.css', import.meta.url).href }))

RED.plugins.registerPlugin('cartage-orders', {
  type: 'cartage-editor',
  onadd() {
    const tab = createOrdersTab()
    window.CartageOrders = {
      /** By any reference. */
      show(reference) {
        RED.sidebar.show('cartage-orders')
        return tab.find(reference)
      },
    }
    RED.sidebar.addTab({
      id: 'cartage-orders',
      label: t('tab.label'),
      name: t('tab.title'),
      content: tab.element,
      iconClass: 'fa fa-cube',
      enableOnEdit: true,
    })
    RED.actions.add('cartage:show-orders-tab', () => RED.sidebar.show('cartage-orders'))
  },
})
