/* How much the partner takes at once, what it promises, and until when it takes orders for the day. */
import { h } from '../../workbench/dom.mjs'
import { check, limitsForm, serviceForm } from '../profile-form.mjs'
import { t } from '../text.mjs'

export function paceStep(draft) {
  const { template } = draft
  const limits = limitsForm(template.limits)
  const service = template.kind === 'courier' ? serviceForm(template) : undefined
  const forms = [limits, service].filter(Boolean)
  const value = () => ({ ...limits.value(), ...service?.value() })
  draft.pace = value
  return {
    id: 'pace',
    title: t(service ? 'step.pace' : 'step.paceOnly'),
    element: h(
      'div',
      {},
      h('h4', {}, t('wizard.limits')),
      limits.element,
      service && h('h4', {}, t('wizard.service')),
      service?.element,
    ),
    forms: () => forms,
    check: () => check(forms),
    wish: value,
  }
}
