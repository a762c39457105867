/* The usual ways of signing as a form. */
import { choice } from '../../codes/choice.mjs'
import { h } from '../../workbench/dom.mjs'
import { check, labelled } from '../profile-form.mjs'
import { t, word } from '../text.mjs'
import { FIELDS, signatureFrom } from './trust-fields.mjs'

const CHOICES = { algorithm: ['sha256', 'sha512', 'sha1'], encoding: ['hex', 'base64'] }
/** JSONata over a message. */
const EXPRESSIONS = ['messageId', 'key']

/** `{ elements, laidOver(manifest), isWhole() }`: the manifest with what the form says; what is wrong is said at its field. */
export function trustForm({ webhook, signature: outside }) {
  const signature = webhook.signature ?? outside
  const ways = Object.keys(FIELDS).map((name) => [name, word('signature', name)])
  const type = labelled('trust.type', choice(ways, { value: signature.type, onchange: showFitting }))
  const names = [...new Set(Object.values(FIELDS).flat())]
  const inputs = Object.fromEntries(names.map((name) => [name, inputOf(name, signature)]))
  const expressions = EXPRESSIONS.map((name) => [
    name,
    labelled(`trust.${name}`, h('input', { type: 'text', value: webhook[name] ?? '', spellcheck: false }), {
      hint: t(`field.trust.${name}Hint`),
    }),
  ])

  function showFitting() {
    for (const [name, { element }] of Object.entries(inputs))
      element.hidden = !FIELDS[type.control.value].includes(name)
  }

  const said = ({ control }) => control.value.trim()

  function laidOver({ signature: _outside, ...manifest }) {
    const next = {
      ...manifest.webhook,
      signature: signatureFrom(type.control.value, signature, (name) => said(inputs[name])),
    }
    for (const [name, field] of expressions) {
      if (said(field) === '') delete next[name]
      else next[name] = said(field)
    }
    return { ...manifest, webhook: next }
  }

  showFitting()
  const fields = [type, ...Object.values(inputs), ...expressions.map(([, field]) => field)]
  const isWhole = () => {
    const wrong = expressions.map(([, field]) => [field, slipIn(said(field))]).filter(([, slip]) => slip)
    return check([{ fields, problems: () => wrong }])
  }
  return { elements: fields.map(({ element }) => element), laidOver, isWhole }
}

/** What is wrong with an expression, in the words of the editor's own JSONata; nothing when it can be read. */
function slipIn(expression) {
  if (expression === '') return undefined
  try {
    jsonata(expression)
    return undefined
  } catch ({ message, position }) {
    return t('wrong.expression', { message, position })
  }
}

function inputOf(name, signature) {
  const value = name === 'header' ? (signature.headers?.[0] ?? '') : (signature[name] ?? '')
  const known = CHOICES[name]
  if (known) {
    const options = known.map((one) => [one, one])
    return labelled(`trust.${name}`, choice(options, { value: value || known[0] }))
  }
  return labelled(`trust.${name}`, h('input', { type: 'text', value, spellcheck: false }), {
    hint: t(`field.trust.${name}Hint`),
  })
}
