/* The partner's accounts in the flows: where to, and with which parameters. */
import { button, h } from '../../workbench/dom.mjs'
import * as api from '../api.mjs'
import { mayWrite } from '../may.mjs'
import { t } from '../text.mjs'
import { importPartner } from '../wizard/place-nodes.mjs'
import { factList, partOf } from './part.mjs'

export function accountPart({ slug, tell, reload }) {
  const part = partOf('account', t('page.account'))

  let drawn

  /** Drawn anew only when the workspace has others: somebody may have the focus here. */
  function load(partner) {
    const accounts = accountsOf(slug)
    const { lacks = [] } = partner
    const picture = JSON.stringify([
      lacks,
      accounts.map(({ id, name, environment, baseUrl }) => [id, name, environment, baseUrl]),
    ])
    if (picture === drawn) return
    drawn = picture
    part.fill(
      lacks.length > 0 &&
        h('p', { class: 'bad' }, t('page.lacks', { names: lacks.map(({ label }) => label).join(', ') })),
      ...accounts.map(account),
      accounts.length === 0 && h('p', { class: 'cartage-note-line' }, t('page.noAccount')),
      accounts.length === 0 &&
        partner.own &&
        mayWrite() &&
        button({ icon: 'sitemap', text: t('page.place'), onclick: place }),
    )
  }

  const account = (node) =>
    h(
      'div',
      { class: 'cartage-account' },
      factList([
        [t('facts.account'), node.name || node.id],
        [t('facts.environment'), node.environment ? t(`environment.${node.environment}`) : undefined],
        [t('facts.baseUrl'), node.baseUrl || undefined],
      ]),
      button({
        icon: 'pencil',
        text: t('page.openAccount'),
        onclick: () => RED.editor.editConfig('', 'partner', node.id),
      }),
    )

  /** The nodes of a partner whose flow nobody kept. */
  async function place() {
    try {
      importPartner(await api.flow(slug))
      tell(t('page.placed'))
      await reload()
    } catch (failure) {
      tell(failure.message, 'bad')
    }
  }

  return { element: part.element, load, look: load }
}

/** Configuration nodes of this partner in the workspace, deployed or not. */
export function accountsOf(slug) {
  const found = []
  RED.nodes.eachConfig((node) => {
    if (node.type === 'partner' && node.template === slug) found.push(node)
  })
  return found
}
