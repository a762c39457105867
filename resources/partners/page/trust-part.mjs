/*
 * How the partner shows that a message is its own, and what in it is its id and its key. The usual ways have a form; one that
 * the form has no field for is told, and is changed in the profile's text.
 */
import { field, filled, openDialog, reason } from '../../workbench/dialog.mjs'
import { button, h } from '../../workbench/dom.mjs'
import * as api from '../api.mjs'
import { copyable } from '../copy.mjs'
import { openFile, PROFILE } from '../files/file-sheet.mjs'
import { readable } from '../may.mjs'
import { t, word } from '../text.mjs'
import { accountsOf } from './account-part.mjs'
import { partOf } from './part.mjs'
import { takeBackButton } from './take-back.mjs'
import { fitsForm } from './trust-fields.mjs'
import { trustForm } from './trust-form.mjs'

export function trustPart({ slug, tell, reload }) {
  const part = partOf('trust', t('page.trust'))
  let touched = false
  let drawn

  async function load(partner) {
    if (touched) return
    const [{ webhook, file: version }, manifest] = await Promise.all([api.profile(slug), read()])
    // Somebody may have begun to write meanwhile.
    if (touched) return
    if (!webhook || !manifest.webhook) return part.fill()
    const signature = manifest.webhook.signature ?? manifest.signature
    // What is as it was keeps its focus.
    const lacks = partner.lacks?.find(({ name }) => name === signature.secret)
    const picture = JSON.stringify([webhook, manifest.webhook, signature, lacks, version])
    if (picture === drawn) return
    drawn = picture
    part.fill(
      h('p', { class: 'cartage-note-line' }, t('page.webhook')),
      copyable(webhook.url, { label: t('page.webhookLabel') }),
      lacks && unheard(),
      fitsForm(signature) ? readable(form(manifest, version)) : told(partner, signature),
    )
  }

  const read = async () => JSON.parse((await api.readFile(slug, PROFILE)).text)

  const unheard = () =>
    h(
      'div',
      { class: 'cartage-lacking' },
      h('p', { class: 'bad' }, t('page.noSecret')),
      button({
        icon: 'pencil',
        text: t('page.openAccount'),
        onclick: () => RED.editor.editConfig('', 'partner', accountsOf(slug)[0]?.id),
      }),
    )

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

  async function undone() {
    touched = false
    await reload()
  }

  function form(manifest, version) {
    const { elements, laidOver, isWhole } = trustForm(manifest)
    const save = button({
      icon: 'save',
      text: t('page.save'),
      primary: true,
      disabled: true,
      onclick: () => isWhole() && keep(laidOver),
    })
    function touch() {
      touched = true
      save.disabled = false
    }
    return h(
      'form',
      {
        class: 'cartage-fields',
        noValidate: true,
        onsubmit: (event) => event.preventDefault(),
        onkeydown: (event) => event.stopPropagation(),
        oninput: touch,
      },
      ...elements,
      h(
        'div',
        { class: 'cartage-codes-actions' },
        save,
        takeBackButton({ slug, disabled: version === 0, tell, done: undone }),
      ),
    )
  }

  /** Laid over the profile as it is by then: what else was changed in it stays. */
  async function keep(laidOver) {
    const why = reason(t('page.whyHint'))
    const saved = await openDialog({
      title: t('page.saving'),
      content: [h('p', {}, t('page.trustText')), field(t('why'), why)],
      actions: [
        {
          text: t('page.save'),
          primary: true,
          async act() {
            const said = filled(why, t('why'))
            const text = `${JSON.stringify(laidOver(await read()), null, 2)}\n`
            return api.saveFile(slug, { path: PROFILE, text, why: said })
          },
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
