/* What will be made, before it is. */
import { h } from '../../workbench/dom.mjs'
import { factList } from '../page/part.mjs'
import { t } from '../text.mjs'

export function summaryStep(draft) {
  const element = h('div', {})
  const { template } = draft

  function shown() {
    const { label, slug, environment } = draft.name()
    const { limits, serviceLevels, cutOff } = draft.pace()
    const account = draft.account()
    const codes = draft.codes()
    const webhook = draft.webhook?.()
    element.replaceChildren(
      factList([
        [t('field.label'), label],
        [t('field.slug'), h('code', {}, slug)],
        [t('summary.template'), `${template.label} ${template.version}`],
        [t('field.environment'), environment && t(`environment.${environment}`)],
        [t('field.baseUrl'), account.baseUrl || template.environments?.[environment]?.baseUrl || template.baseUrl],
        [t('field.way'), account.way],
        [t('wizard.credentials'), account.of > 0 && t('summary.credentials', account)],
        [t('wizard.limits'), t('summary.limits', { rate: limits.requestsPerSecond, seconds: limits.timeoutMs / 1000 })],
        [
          t('field.serviceLevels'),
          serviceLevels && (serviceLevels.map((name) => t(`serviceLevel.${name}`)).join(', ') || t('summary.noLevels')),
        ],
        [t('field.cutOff.time'), cutOff ? `${cutOff.time} ${cutOff.timeZone}` : undefined],
        [t('step.codes'), t('summary.codes', codes)],
        [t('page.webhookLabel'), webhook && h('code', {}, webhook.url)],
        [t('field.secret'), webhook && webhook.mode !== 'none' && t(`secret.${webhook.mode}`)],
      ]),
      h('h4', {}, t('summary.made')),
      h(
        'ul',
        { class: 'cartage-made' },
        ...['record', 'tab', 'account', 'draftMade'].map((name) => h('li', {}, t(`summary.${name}`, { label, slug }))),
      ),
      account.given === 0 && account.of > 0 ? h('p', { class: 'warn' }, t('summary.credentialsMissing')) : '',
    )
  }
  return { id: 'summary', title: t('step.summary'), element, shown, check: () => true }
}
