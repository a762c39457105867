/* Where to call, how one logs in there, and the account's credentials: fields whose values never stand in a flow. */
import { choice } from '../../codes/choice.mjs'
import { h } from '../../workbench/dom.mjs'
import { check, labelled } from '../profile-form.mjs'
import { t, word } from '../text.mjs'

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
    fieldOf('parameters', one, h('input', { type: 'text', placeholder: one.default ?? '', spellcheck: false })),
  )
  const ofWebhook = template.webhook?.secret
  const declared = (template.credentials ?? []).filter(({ name }) => name !== ofWebhook)
  const secrets = declared.map((one) => fieldOf('credentials', one, secretInput(one)))
  const way = wayChoice(template, showFitting)

  /** Of several ways to log in the fields of the one that is chosen; what none of them names is always asked. */
  function showFitting() {
    for (const field of [...parameters, ...secrets]) field.element.hidden = !isAsked(field)
    noSecrets.hidden = !secrets.some(isAsked)
  }
  const isAsked = (field) => way === undefined || way.asksFor(nameOf(field))
  const asked = (fields) => fields.filter(isAsked)

  const form = {
    fields: [address, ...parameters, ...secrets],
    problems() {
      const said = address.control.value.trim()
      if (calls && isOwn && said === '') return [[address, t('wrong.fill')]]
      if (!isAddress(said)) return [[address, t('wrong.url')]]
      return halfFilled(asked(secrets).filter((field) => way?.names().includes(nameOf(field))))
    },
  }
  const entriesOf = (fields) =>
    Object.fromEntries(
      asked(fields)
        .map((field) => [nameOf(field), field.control.value.trim()])
        .filter(([, value]) => value !== ''),
    )
  draft.account = () => ({
    given: asked(secrets).filter(({ control }) => control.value !== '').length,
    of: asked(secrets).length,
    baseUrl: address.control.value.trim(),
    way: way?.label(),
  })
  if (!calls && parameters.length + secrets.length === 0) return undefined
  const noSecrets = h(
    'div',
    {},
    h('h4', {}, t('wizard.credentials')),
    h('p', { class: 'cartage-note-line' }, t('wizard.credentialsHint')),
  )
  const ofWays = way ? parameters.filter((field) => way.isOfSome(nameOf(field))) : []
  const others = parameters.filter((field) => !ofWays.includes(field))
  showFitting()
  return {
    id: 'account',
    title: t('step.account'),
    element: h(
      'div',
      { class: 'cartage-fields' },
      calls && address.element,
      ...others.map(({ element }) => element),
      way?.element,
      noSecrets,
      ...[...ofWays, ...secrets].map(({ element }) => element),
    ),
    forms: () => [form],
    check: () => check([form]),
    wish: () => ({
      ...(address.control.value.trim() && { baseUrl: address.control.value.trim() }),
      ...(way?.id() && { way: way.id() }),
      parameters: entriesOf(parameters),
    }),
    credentials: () => entriesOf(secrets),
  }
}

const nameOf = ({ name }) => name.split('.')[1]

const fieldOf = (kind, { name, label, help }, control) =>
  labelled(`${kind}.${name}`, control, { label: label ?? name, hint: help })

/** A name that is given to log in is no secret by itself, and is seen while it is typed. */
const secretInput = ({ secret }) =>
  h('input', { type: secret === false ? 'text' : 'password', autocomplete: 'new-password', spellcheck: false })

/** All or nothing: a user without a password logs in nowhere. */
function halfFilled(fields) {
  const empty = fields.filter(({ control }) => control.value.trim() === '')
  return empty.length < fields.length ? empty.map((field) => [field, t('wrong.half')]) : []
}

/** Undefined where there is one way only. */
function wayChoice({ ways, credentials, parameters = [] }, onchange) {
  if (!ways) return undefined
  const labels = new Map([...credentials, ...parameters].map(({ name, label }) => [name, label ?? name]))
  const isAlone = ({ type }) => ways.filter((one) => one.type === type).length === 1
  const told = (way) =>
    isAlone(way)
      ? word('way', way.type)
      : `${word('way', way.type)}: ${way.names.map((name) => labels.get(name)).join(', ')}`
  const select = choice([...ways.map((way) => [way.id, told(way)]), ['', t('way.unknown')]], {
    value: ways[0].id,
    onchange,
  })
  const field = labelled('way', select, { hint: t('field.wayHint') })
  const chosen = () => ways.find(({ id }) => id === select.value)
  const names = () => chosen()?.names ?? []
  const isOfSome = (name) => ways.some((way) => way.names.includes(name))
  return {
    element: field.element,
    id: () => chosen()?.id,
    label: () => chosen() && told(chosen()),
    names,
    isOfSome,
    asksFor: (name) => names().includes(name) || !isOfSome(name),
  }
}

const isAddress = (said) => said === '' || /\$\{\w+\}/.test(said) || /^https?:\/\/[^\s/]+(\/\S*)?$/.test(said)
