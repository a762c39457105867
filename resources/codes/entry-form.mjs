/*
 * The form in which a code gets its meaning. Enter saves, Escape cancels. What the hub refuses is said at the field that it
 * names.
 */
import { button, h } from '../workbench/dom.mjs'
import { choice } from './choice.mjs'
import { t } from './text.mjs'

const FIELDS = ['type', 'reason', 'variant', 'attempt', 'label']

/**
 * `codes`: those among which one is chosen, undefined to write one. `entry`: what the code means now. `save` gets
 * { code, entry, why } and may throw what is then said. `nextText`: a second button that saves and begins the next one;
 * `save` gets `isNext` then. `isDraft`: nobody is asked why.
 */
export function entryForm({
  taxonomy,
  codes,
  code,
  entry = {},
  hint,
  submitText,
  nextText,
  isDraft = false,
  cancel,
  save,
}) {
  const inputs = {
    code: codes
      ? choice(
          codes.map((one) => [one, one]),
          { value: code },
        )
      : text(code, 200),
    kind: choice(
      ['meaning', 'ignored'].map((one) => [one, t(`form.kind.${one}`)]),
      { value: entry.ignored ? 'ignored' : 'meaning' },
    ),
    type: choice(taxonomy.events.map(eventOption), { value: entry.type, blank: t('form.choose') }),
    reason: choice(
      taxonomy.reasons.map(({ reason, label }) => [reason, label]),
      { value: entry.reason, blank: t('form.none') },
    ),
    variant: choice(
      taxonomy.variants.map(({ variant, label }) => [variant, label]),
      { value: entry.variant, blank: t('form.none') },
    ),
    attempt: attemptInput(entry.attempt),
    actionRequired: h('input', { type: 'checkbox', checked: entry.actionRequired === true }),
    label: text(entry.label, 200),
    why: text('', 500),
  }
  const said = h('p', { class: 'cartage-codes-said bad', role: 'alert' })
  const effect = h('small', { class: 'cartage-codes-effect', role: 'status' })
  const field = (name, control = inputs[name]) =>
    h(
      'label',
      { class: `cartage-codes-field ${name}` },
      h('span', {}, t(`form.field.${name}`)),
      control,
      name === 'type' && effect,
    )
  const form = h(
    'form',
    { class: 'cartage-codes-form', onsubmit: submit, oninput: quiet, onkeydown: key, noValidate: true },
    hint && h('p', { class: 'cartage-codes-facts warn' }, hint),
    ...['code', 'kind', 'type', 'reason', 'variant', 'attempt'].map((name) => field(name)),
    h('label', { class: 'cartage-codes-check actionRequired' }, inputs.actionRequired, ' ', t('form.actionRequired')),
    field('label'),
    !isDraft && field('why'),
    said,
    h(
      'div',
      { class: 'cartage-codes-actions' },
      h('button', { type: 'submit', class: 'red-ui-button cartage-wb-button primary' }, submitText),
      nextText && h('button', { type: 'submit', class: 'red-ui-button cartage-wb-button', value: 'next' }, nextText),
      button({ text: t('form.cancel'), onclick: cancel }),
    ),
  )
  // With one to choose from there is no question.
  form.querySelector('.code').hidden = codes?.length === 1
  inputs.kind.onchange = showFitting
  inputs.type.onchange = showFitting
  showFitting()

  /** Only what makes sense together is in sight. */
  function showFitting() {
    const isIgnored = inputs.kind.value === 'ignored'
    effect.textContent = effectOf(taxonomy.events.find(({ type }) => type === inputs.type.value))
    for (const name of ['type', 'reason', 'attempt', 'actionRequired'])
      form.querySelector(`.${name}`).hidden = isIgnored
    form.querySelector('.variant').hidden = isIgnored || inputs.type.value !== 'delivery.completed'
    form.querySelector('.label > span').textContent = t(`form.field.${isIgnored ? 'ignoredLabel' : 'label'}`)
  }

  function quiet() {
    said.textContent = ''
  }

  function key(event) {
    event.stopPropagation()
    if (event.key === 'Escape') cancel()
  }

  async function submit(event) {
    event.preventDefault()
    quiet()
    form.classList.add('busy')
    const isNext = event.submitter?.value === 'next'
    try {
      await save({ code: inputs.code.value.trim(), entry: entryOf(inputs), why: inputs.why.value.trim(), isNext })
      if (isNext) beginNext()
    } catch (failure) {
      said.textContent = failure.message
      const name = FIELDS.find((one) => failure.field?.endsWith(`.${one}`))
      inputs[name]?.focus()
    } finally {
      form.classList.remove('busy')
    }
  }

  /** The event and the reason for the change are often those of the one before. */
  function beginNext() {
    for (const name of ['code', 'reason', 'variant', 'attempt', 'label']) inputs[name].value = ''
    inputs.actionRequired.checked = false
    inputs.code.focus()
  }

  return form
}

function entryOf(inputs) {
  const label = inputs.label.value.trim()
  if (inputs.kind.value === 'ignored') return { ignored: true, label }
  if (inputs.type.value === '') throw Object.assign(new Error(t('form.chooseFirst')), { field: '.type' })
  const attempt = inputs.attempt.value
  return {
    type: inputs.type.value,
    ...(inputs.reason.value && { reason: inputs.reason.value }),
    ...(inputs.variant.value && inputs.type.value === 'delivery.completed' && { variant: inputs.variant.value }),
    ...(attempt && { attempt: /^\d+$/.test(attempt) ? Number(attempt) : attempt }),
    ...(inputs.actionRequired.checked && { actionRequired: true }),
    ...(label && { label }),
  }
}

function eventOption({ type, label, rank }) {
  return [type, t(rank === null ? 'form.sideEvent' : 'form.event', { label, type })]
}

/** What an event does to a shipment, in words. */
function effectOf(event) {
  if (event === undefined) return ''
  return t(event.rank === null ? 'form.movesNothing' : 'form.moves', { label: event.label })
}

function attemptInput(value) {
  const known = ['new', 'same', '1', '2', '3', '4', '5']
  const given = value === undefined ? '' : String(value)
  const all = given === '' || known.includes(given) ? known : [...known, given]
  const named = (one) => (/^\d+$/.test(one) ? t('form.attemptNumber', { n: one }) : t(`form.attemptRule.${one}`))
  return choice(
    all.map((one) => [one, named(one)]),
    { value: given, blank: t('form.attemptRule.none') },
  )
}

const text = (value, maxLength) => h('input', { type: 'text', value: value ?? '', maxLength })
