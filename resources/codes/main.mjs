/*
 * Partners' codes in the editor: what nobody has mapped yet, and the code tables. A tab of the sidebar of its own, and
 * `CartageCodes.render` for whoever shows one partner's, `CartageCodes.show` for whoever leads there.
 */
import { h } from '../workbench/dom.mjs'
import { renderCodes } from './codes-view.mjs'
import { createCodesTab } from './codes-tab.mjs'
import { t } from './text.mjs'

document.head.append(h('link', { rel: 'stylesheet', href: new URL('codes.css', import.meta.url).href }))
RED.plugins.registerPlugin('cartage-codes', {
  type: 'cartage-editor',
  onadd() {
    const tab = createCodesTab()
    window.CartageCodes = {
      render: renderCodes,
      show(slug) {
        tab.choose(slug)
        RED.sidebar.show('cartage-codes')
      },
    }
    RED.sidebar.addTab({
      id: 'cartage-codes',
      label: t('tab.label'),
      name: t('tab.title'),
      content: tab.element,
      iconClass: 'fa fa-table',
      enableOnEdit: true,
      onchange: () => tab.load(),
    })
    RED.actions.add('cartage:show-codes-tab', () => RED.sidebar.show('cartage-codes'))
  },
})
