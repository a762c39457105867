/* What the partner is called, and where it is to be tried. */
import { h } from '../../workbench/dom.mjs'
import { check, labelled } from '../profile-form.mjs'
import { t } from '../text.mjs'

const SLUG = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/
const MOST = 100

export function nameStep(draft) {
  const { template } = draft
  const label = labelled(
    'label',
    h('input', { type: 'text', value: template.name ?? '', maxLength: MOST, oninput: follow }),
    {
      hint: t('field.labelHint'),
      required: true,
    },
  )
  const slug = labelled(
    'slug',
    h('input', {
      type: 'text',
      value: '',
      maxLength: 40,
      spellcheck: false,
      oninput: () => (chosen = slug.control.value !== ''),
    }),
    {
      hint: t('field.slugHint'),
      required: true,
    },
  )
  const names = Object.keys(template.environments)
  const environment = names.length > 0 && environmentChoice(names)
  let chosen = false

  /** Until somebody writes another one, the short name follows the name. */
  function follow() {
    if (!chosen) slug.control.value = slugOf(label.control.value)
  }

  follow()

  const form = {
    fields: [label, slug],
    problems: () => [
      ...(label.control.value.trim() === '' ? [[label, t('wrong.fill')]] : []),
      ...(SLUG.test(slug.control.value) ? [] : [[slug, t('wrong.slug')]]),
    ],
  }
  const value = () => ({
    label: label.control.value.trim(),
    slug: slug.control.value,
    ...(environment && { environment: environment.value() }),
  })
  draft.name = value
  return {
    id: 'name',
    title: t('step.name'),
    hint: template.summary,
    element: h('div', { class: 'cartage-fields' }, label.element, slug.element, environment?.element, about(template)),
    forms: () => [form],
    check: () => check([form]),
    wish: value,
  }
}

function environmentChoice(names) {
  const radios = names.map((name, position) =>
    h('input', { type: 'radio', name: 'cartage-environment', value: name, checked: position === 0 }),
  )
  return {
    element: h(
      'fieldset',
      { class: 'cartage-field' },
      h('legend', {}, t('field.environment')),
      ...radios.map((radio) => h('label', { class: 'cartage-tick' }, radio, ' ', t(`environment.${radio.value}`))),
      h('small', {}, t('field.environmentHint')),
    ),
    value: () => radios.find(({ checked }) => checked).value,
  }
}

const about = ({ docs, website, readme }) =>
  h(
    'div',
    { class: 'cartage-about' },
    docs &&
      h(
        'p',
        {},
        h('a', { href: docs.url ?? docs, target: '_blank', rel: 'noreferrer' }, t('wizard.docs')),
        docs.date && ` (${docs.date})`,
      ),
    !docs && website && h('p', {}, h('a', { href: website, target: '_blank', rel: 'noreferrer' }, website)),
    readme && h('details', {}, h('summary', {}, t('wizard.readme')), readable(readme)),
  )

/** The editor's own Markdown, which lets no markup through that acts. Its title is said above already. */
function readable(readme) {
  const element = h('div', { class: 'cartage-readme' })
  element.innerHTML = RED.utils.renderMarkdown(readme.replace(/^# .*\n/, ''))
  return element
}

/** "Grün & Söhne GmbH" → "grun-sohne-gmbh". */
export const slugOf = (label) =>
  label
    .normalize('NFKD')
    .replace(/[̀-ͯ]/g, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, 40)
    .replace(/-+$/, '')
