/* The address that the courier sends to, and the secret by which it shows that it is the courier. */
import { h } from '../../workbench/dom.mjs'
import { copyable } from '../copy.mjs'
import { check, labelled } from '../profile-form.mjs'
import { t, word } from '../text.mjs'

export function webhookStep(draft) {
  const { webhook, webhooks } = draft.template
  if (!webhook) return undefined
  const address = h('div', {})
  const radios = ['generate', 'given', 'later'].map((value, position) =>
    h('input', { type: 'radio', name: 'cartage-secret', value, checked: position === 0, onchange: showFitting }),
  )
  const own = labelled(
    'webhookSecret',
    h('input', { type: 'password', autocomplete: 'new-password', spellcheck: false }),
    { hint: t('field.webhookSecretHint') },
  )
  const mode = () => (webhook.needsSecret ? radios.find(({ checked }) => checked).value : 'none')
  const form = {
    fields: [own],
    problems: () => (mode() === 'given' && own.control.value === '' ? [[own, t('wrong.fill')]] : []),
  }
  if (webhook.needsSecret) draft.secret = webhook.secret
  draft.webhook = () => ({ url: urlOf(), mode: mode() })

  const urlOf = () => `${webhooks}/${draft.name().slug}`
  function showFitting() {
    own.element.hidden = mode() !== 'given'
  }

  return {
    id: 'webhook',
    title: t('step.webhook'),
    hint: t('wizard.webhookHint'),
    element: h(
      'div',
      { class: 'cartage-fields' },
      address,
      h(
        'p',
        { class: 'cartage-note-line' },
        t('wizard.signature', { signature: word('signature', webhook.signature) }),
        ' ',
        t('wizard.signatureLater'),
      ),
      isLocal(webhooks) && h('p', { class: 'warn' }, t('wizard.local')),
      webhook.needsSecret &&
        h(
          'fieldset',
          { class: 'cartage-field' },
          h('legend', {}, t('field.secret')),
          ...radios.map((radio) => h('label', { class: 'cartage-tick' }, radio, ' ', t(`secret.${radio.value}`))),
        ),
      own.element,
    ),
    shown() {
      address.replaceChildren(copyable(urlOf(), { label: t('page.webhookLabel') }))
      showFitting()
    },
    forms: () => [form],
    check: () => check([form]),
    wish: () => (mode() === 'generate' ? { webhookSecret: 'generate' } : {}),
    credentials(answer) {
      const secret = mode() === 'given' ? own.control.value : answer.webhook?.secret
      return secret === undefined ? {} : { [draft.secret]: secret }
    },
  }
}

/** An address that nobody beyond this machine reaches. */
const isLocal = (address) => /^https?:\/\/(localhost|127\.|\[::1\])/.test(address)
