/*
 * One file of a partner as text: its profile, or a sample. The profile is checked against its schema as it is written, which
 * also says what may stand where; the hub has the last word when it is saved.
 */
import { field, filled, openDialog, reason } from '../../workbench/dialog.mjs'
import { button, empty, h } from '../../workbench/dom.mjs'
import * as api from '../api.mjs'
import { mayWrite } from '../may.mjs'
import { openSheet } from '../sheet.mjs'
import { t, when } from '../text.mjs'
import { createText } from './text-editor.mjs'

export const PROFILE = 'manifest.json'

/** `at`: what is looked for in a profile, such as `operations.book.key`. Resolves once it is closed. */
export function openFile({ slug, label }, path, at) {
  return openSheet({ title: `${label}: ${path}`, content: (sheet) => fileView(sheet, slug, path, at) })
}

function fileView(sheet, slug, path, at) {
  const said = h('p', { class: 'cartage-codes-said', role: 'status' })
  const facts = h('span', { class: 'cartage-wb-said' })
  const place = h('div', { class: 'cartage-file-text' })
  const element = h('div', { class: 'cartage-file' }, said, place)
  const text = createText(place, { changed: show, readOnly: !mayWrite() })
  const save = button({ icon: 'save', text: t('page.save'), primary: true, disabled: true, onclick: ask })
  const undo = button({ icon: 'undo', text: t('page.undo'), disabled: true, onclick: takeBack })
  const remove =
    path.startsWith('samples/') && button({ icon: 'trash-o', text: t('file.remove'), danger: true, onclick: askRemove })
  let version
  sheet.onclose = () => text.close()
  sheet.mayLeave = async () =>
    !text.isChanged() ||
    openDialog({
      title: t('wizard.leave'),
      content: h('p', {}, t('file.leaveText')),
      actions: [{ text: t('wizard.discard'), danger: true, act: () => true }],
    })

  async function load(told = '') {
    try {
      const [file, schema] = await Promise.all([
        api.readFile(slug, path),
        path === PROFILE ? api.profileSchema().catch(() => undefined) : undefined,
      ])
      version = file.version
      text.show(path, file.text ?? '', schema)
      if (at) text.find(at)
      facts.textContent = file.edited ? t('file.edited', { by: file.by ?? '', at: when(file.at) }) : t('file.asMade')
      undo.disabled = !file.edited
      say(told)
      sheet.foot(facts, ...(mayWrite() ? [remove, undo, save] : []))
      show()
    } catch (failure) {
      element.replaceChildren(empty(t('list.failed'), failure.message, button({ text: t('again'), onclick: load })))
    }
  }

  function show() {
    save.disabled = !text.isChanged()
  }

  function say(told, kind = 'good') {
    said.className = `cartage-codes-said ${kind}`
    said.textContent = told
  }

  async function ask() {
    const why = reason(t('page.whyHint'))
    const done = await openDialog({
      title: t('page.saving'),
      content: [h('p', {}, t('page.savingText')), field(t('why'), why)],
      actions: [
        {
          text: t('page.save'),
          primary: true,
          act: () =>
            api
              .saveFile(slug, { path, text: text.value(), why: filled(why, t('why')), expected: version })
              .catch(refuse),
        },
      ],
    })
    if (done) await load(t('page.saved'))
  }

  /** What the hub refuses is said, and its place is shown. */
  function refuse(failure) {
    if (failure.field) text.find(failure.field)
    throw failure
  }

  /** A sample of a webhook goes with what it becomes and with its headers. */
  async function askRemove() {
    const why = reason(t('page.whyHint'))
    const { samples } = await api.desk(slug)
    const all = companions(path, samples)
    const done = await openDialog({
      title: t('file.removing', { path }),
      content: [
        h('p', {}, t('file.removingText')),
        h('ul', {}, ...all.map((one) => h('li', {}, h('code', {}, one)))),
        field(t('why'), why),
      ],
      actions: [
        {
          text: t('file.remove'),
          danger: true,
          async act() {
            const said = filled(why, t('why'))
            for (const one of all) await api.removeFile(slug, { path: one, why: said })
          },
        },
      ],
    })
    if (done) sheet.close()
  }

  async function takeBack() {
    try {
      await api.undoFile(slug, path, { why: t('page.undoWhy') })
      await load(t('page.undone'))
    } catch (failure) {
      say(failure.message, 'bad')
    }
  }

  load()
  return element
}

/** Files of the same sample, by their names; of an operation each file stands for itself. */
function companions(path, samples) {
  const stem = /^samples\/(webhook\..+?)(\.(canonical|http))?\.json$/.exec(path)?.[1]
  if (stem === undefined) return [path]
  const names = [`${stem}.json`, `${stem}.canonical.json`, `${stem}.http.json`]
  return names.filter((name) => samples.includes(name)).map((name) => `samples/${name}`)
}
