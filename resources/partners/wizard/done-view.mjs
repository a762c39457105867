/* What was made, what has to be told to the courier (its secret for the only time), and the way on. */
import { button, h } from '../../workbench/dom.mjs'
import { copyable } from '../copy.mjs'
import { t } from '../text.mjs'

/** How long a deploy is waited for before the page of the partner opens; without it, nothing opens. */
const DEPLOY_MS = 15_000

export function doneView({ answer, draft, sheet, tab, made, focus, secret }) {
  const { label } = draft.name()
  const { webhook } = answer
  const leave = async () => {
    await sheet.close()
    if (tab) RED.workspaces.show(tab)
  }
  const later = async () => {
    await leave()
    focus(answer.slug)
  }
  const deploy = async () => {
    await leave()
    whenDeployed(() => made(answer.slug))
    RED.actions.invoke('core:deploy-flows')
  }
  sheet.title(t('done.title', { label }))
  sheet.mayLeave = async () => {
    later()
    return false
  }
  sheet.foot(
    button({ text: t('done.later'), onclick: later }),
    button({ icon: 'rocket', text: t('done.deploy'), primary: true, onclick: deploy }),
  )
  return h(
    'div',
    { class: 'cartage-done' },
    h('h3', {}, h('i', { class: 'fa fa-check-circle good', 'aria-hidden': 'true' }), ' ', t('done.made', { label })),
    webhook && h('p', {}, t('done.tell')),
    webhook && h('h4', {}, t('page.webhookLabel')),
    webhook && copyable(webhook.url, { label: t('page.webhookLabel') }),
    webhook && secret && h('h4', {}, t('field.secret')),
    webhook && secret && copyable(secret, { label: t('field.secret'), secret: true }),
    webhook && secret && h('p', { class: 'warn' }, t('done.once')),
    h('p', {}, t('done.deployHint', { n: others() })),
  )
}

/** Nodes that others' edits of this editor would deploy along. */
function others() {
  let n = 0
  RED.nodes.eachNode((node) => {
    if (node.changed) n += 1
  })
  return n
}

function whenDeployed(go) {
  const deployed = () => {
    RED.events.off('deploy', deployed)
    go()
  }
  RED.events.on('deploy', deployed)
  setTimeout(() => RED.events.off('deploy', deployed), DEPLOY_MS)
}
