/*
 * How the partner shows that a message is its own, and what in it is its id and its key. The usual ways have a form; one that
 * the form has no field for is told, and is changed in the profile's text.
 */
import { choice } from '../../codes/choice.mjs'
import { field, filled, openDialog, reason } from '../../workbench/dialog.mjs'
import { button, h } from '../../workbench/dom.mjs'
import * as api from '../api.mjs'
import { copyable } from '../copy.mjs'
import { openFile, PROFILE } from '../files/file-sheet.mjs'
import { labelled } from '../profile-form.mjs'
import { t, word } from '../text.mjs'
import { partOf } from './part.mjs'
import { FIELDS, fitsForm, signatureFrom } from './trust-fields.mjs'

export function trustPart({ slug, tell, reload }) {
  const part = partOf('trust', t('page.trust'))
  let touched = false

  async function load(partner) {
    if (touched) return
    const [{ webhook }, file] = await Promise.all([api.profile(slug), api.readFile(slug, PROFILE)])
    // Somebody may have begun to write meanwhile.
    if (touched) return
    const manifest = JSON.parse(file.text)
    if (!webhook || !manifest.webhook) return part.fill()
    const signature = manifest.webhook.signature ?? manifest.signature
    part.fill(
      h('p', { class: 'cartage-note-line' }, t('page.webhook')),
      copyable(webhook.url, { label: t('page.webhookLabel') }),
      fitsForm(signature) ? form(manifest, signature, file.version) : told(partner, signature),
    )
  }

  const told = (partner, { type }) =>
    h(
      'div',
      {},
      h('p', { class: 'cartage-note-line' }, t('wizard.signature', { signature: word('signature', type) })),
      button({
        icon: 'code',
        text: t('page.openProfile'),
        onclick: () => openFile(partner, PROFILE, 'webhook.signature').then(reload),
      }),
    )

  function form(manifest, signature, version) {
    const type = labelled(
      'trust.type',
      choice(
        Object.keys(FIELDS).map((name) => [name, word('signature', name)]),
        { value: signature.type, onchange: showFitting },
      ),
    )
    const all = [...new Set(Object.values(FIELDS).flat())]
    const inputs = Object.fromEntries(all.map((name) => [name, inputOf(name, signature)]))
    const about = ['messageId', 'key'].map((name) =>
      labelled(`trust.${name}`, h('input', { type: 'text', value: manifest.webhook[name] ?? '', spellcheck: false }), {
        hint: t(`field.trust.${name}Hint`),
      }),
    )
    const save = button({ icon: 'save', text: t('page.save'), primary: true, disabled: true, onclick: ask })
    function showFitting() {
      for (const [name, { element }] of Object.entries(inputs))
        element.hidden = !FIELDS[type.control.value].includes(name)
    }
    function ask() {
      const next = {
        ...manifest.webhook,
        signature: signatureFrom(type.control.value, signature, (name) => inputs[name].control.value.trim()),
        ...Object.fromEntries(
          about.map(({ control }, position) => [['messageId', 'key'][position], control.value.trim()]),
        ),
      }
      for (const name of ['messageId', 'key']) if (next[name] === '') delete next[name]
      const { signature: _outside, ...rest } = manifest
      return keep({ ...rest, webhook: next }, version, [type, ...about, ...Object.values(inputs)])
    }
    showFitting()
    return h(
      'form',
      {
        class: 'cartage-fields',
        noValidate: true,
        onsubmit: (event) => event.preventDefault(),
        onkeydown: (event) => event.stopPropagation(),
        oninput: () => {
          touched = true
          save.disabled = false
        },
      },
      ...[type, ...Object.values(inputs), ...about].map(({ element }) => element),
      h('div', { class: 'cartage-codes-actions' }, save),
    )
  }

  async function keep(manifest, version, fields) {
    for (const one of fields) one.say()
    const why = reason(t('page.whyHint'))
    const text = `${JSON.stringify(manifest, null, 2)}\n`
    const saved = await openDialog({
      title: t('page.saving'),
      content: [h('p', {}, t('page.trustText')), field(t('why'), why)],
      actions: [
        {
          text: t('page.save'),
          primary: true,
          act: () => api.saveFile(slug, { path: PROFILE, text, why: filled(why, t('why')), expected: version }),
        },
      ],
    })
    if (!saved) return
    touched = false
    tell(t('page.saved'))
    await reload()
  }

  return { element: part.element, load }
}

const CHOICES = { algorithm: ['sha256', 'sha512', 'sha1'], encoding: ['hex', 'base64'] }

function inputOf(name, signature) {
  const value = name === 'header' ? (signature.headers?.[0] ?? '') : (signature[name] ?? '')
  const control = CHOICES[name]
    ? choice(
        CHOICES[name].map((one) => [one, one]),
        { value: value || CHOICES[name][0] },
      )
    : h('input', { type: 'text', value, spellcheck: false })
  return labelled(`trust.${name}`, control, { hint: name in CHOICES ? undefined : t(`field.trust.${name}Hint`) })
}
