/* Limits, service levels and cut-off, changed in place; every change has a reason and can be taken back. */
import { button, h } from '../../workbench/dom.mjs'
import { field, filled, openDialog, reason } from '../../workbench/dialog.mjs'
import * as api from '../api.mjs'
import { readable } from '../may.mjs'
import { check, limitsForm, sayAt, serviceForm } from '../profile-form.mjs'
import { t } from '../text.mjs'
import { partOf } from './part.mjs'
import { takeBackButton } from './take-back.mjs'

export function profilePart({ slug, tell, reload }) {
  const part = partOf('profile', t('page.profile'))
  let version
  let touched = false
  let drawn

  async function load(partner) {
    if (touched) return
    const profile = await api.profile(slug)
    // Somebody may have begun to write meanwhile.
    if (touched) return
    version = profile.file
    // What is as it was keeps its focus.
    const picture = JSON.stringify(profile)
    if (picture === drawn) return
    drawn = picture
    const forms = [limitsForm(profile.limits), ...(partner.kind === 'courier' ? [serviceForm(profile)] : [])]
    const save = button({
      icon: 'save',
      text: t('page.save'),
      primary: true,
      disabled: true,
      onclick: () => ask(forms),
    })
    const form = h(
      'form',
      {
        noValidate: true,
        onsubmit: (event) => {
          event.preventDefault()
          ask(forms)
        },
        oninput: () => {
          touched = true
          save.disabled = false
        },
        onkeydown: (event) => event.stopPropagation(),
      },
      ...forms.map(({ element }) => element),
      h(
        'div',
        { class: 'cartage-codes-actions' },
        save,
        takeBackButton({ slug, disabled: version === 0, tell, done: undone }),
      ),
    )
    part.fill(readable(form))
  }

  async function ask(forms) {
    if (!check(forms)) return
    const why = reason(t('page.whyHint'))
    let refused
    const saved = await openDialog({
      title: t('page.saving'),
      content: [h('p', {}, t('page.savingText')), field(t('why'), why)],
      actions: [
        {
          text: t('page.save'),
          primary: true,
          async act() {
            const said = Object.assign({}, ...forms.map((form) => form.value()))
            try {
              return await api.saveProfile(slug, { ...said, why: filled(why, t('why')), expected: version })
            } catch (failure) {
              if (!sayAt(forms, failure)) throw failure
              refused = failure
              return true
            }
          },
        },
      ],
    })
    if (!saved) return
    if (refused) return sayAt(forms, refused)
    touched = false
    tell(t('page.saved'))
    await reload()
  }

  async function undone() {
    touched = false
    await reload()
  }

  return { element: part.element, load }
}
