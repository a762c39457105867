/* Where to call, the account's parameters, and its credentials: password fields whose values never stand in a flow. */
import { h } from '../../workbench/dom.mjs'
import { check, labelled } from '../profile-form.mjs'
import { t } from '../text.mjs'

export function accountStep(draft) {
  const { template } = draft
  // A template for anything stands for no system: only the account knows the address.
  const isOwn = template.generic
  const calls = template.baseUrl !== undefined || Object.keys(template.environments).length > 0
  const address = labelled(
    'baseUrl',
    h('input', { type: 'url', placeholder: template.baseUrl ?? 'https://', spellcheck: false }),
    {
      hint: t(isOwn ? 'field.baseUrlOwn' : 'field.baseUrlHint'),
      required: isOwn,
    },
  )
  const parameters = (template.parameters ?? []).map((one) =>
    labelled(
      `parameters.${one.name}`,
      h('input', { type: 'text', placeholder: one.default ?? '', spellcheck: false }),
      {
        label: one.label ?? one.name,
        hint: one.help,
      },
    ),
  )
  const ofWebhook = template.webhook?.secret
  const declared = (template.credentials ?? []).filter(({ name }) => name !== ofWebhook)
  const secrets = declared.map((one) =>
    labelled(
      `credentials.${one.name}`,
      h('input', { type: one.secret === false ? 'text' : 'password', autocomplete: 'new-password', spellcheck: false }),
      {
        label: one.label ?? one.name,
        hint: one.help,
      },
    ),
  )
  const form = {
    fields: [address, ...parameters, ...secrets],
    problems() {
      const said = address.control.value.trim()
      if (calls && isOwn && said === '') return [[address, t('wrong.fill')]]
      return isAddress(said) ? [] : [[address, t('wrong.url')]]
    },
  }
  const entriesOf = (fields) =>
    Object.fromEntries(
      fields.map(({ name, control }) => [name.split('.')[1], control.value.trim()]).filter(([, value]) => value !== ''),
    )
  draft.account = () => ({
    given: secrets.filter(({ control }) => control.value !== '').length,
    of: secrets.length,
    baseUrl: address.control.value.trim(),
  })
  if (!calls && parameters.length + secrets.length === 0) return undefined
  return {
    id: 'account',
    title: t('step.account'),
    element: h(
      'div',
      { class: 'cartage-fields' },
      calls && address.element,
      ...parameters.map(({ element }) => element),
      secrets.length > 0 && h('h4', {}, t('wizard.credentials')),
      secrets.length > 0 && h('p', { class: 'cartage-note-line' }, t('wizard.credentialsHint')),
      ...secrets.map(({ element }) => element),
    ),
    forms: () => [form],
    check: () => check([form]),
    wish: () => ({
      ...(address.control.value.trim() && { baseUrl: address.control.value.trim() }),
      parameters: entriesOf(parameters),
    }),
    credentials: () => entriesOf(secrets),
  }
}

const isAddress = (said) => said === '' || /\$\{\w+\}/.test(said) || /^https?:\/\/[^\s/]+(\/\S*)?$/.test(said)
