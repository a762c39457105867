/*
 * A template's new version against what was made of it: every file that differs, what each side has changed, and a choice.
 * Nothing is taken over before that, and all of it can be taken back.
 */
import { openDialog } from '../../workbench/dialog.mjs'
import { button, empty, h } from '../../workbench/dom.mjs'
import * as api from '../api.mjs'
import { mayWrite } from '../may.mjs'
import { openSheet } from '../sheet.mjs'
import { t } from '../text.mjs'
import { initialChoice, isDue, matters } from './choices.mjs'
import { createFileView } from './file-view.mjs'

export function openUpgrade(partner) {
  return openSheet({
    title: t('upgrade.sheet', { label: partner.label }),
    content: (sheet) => upgradeView(sheet, partner),
  })
}

function upgradeView(sheet, { slug, label }) {
  const element = h('div', { class: 'cartage-upgrade' })
  const choices = new Map()
  const list = h('ul', { class: 'cartage-upgrade-files' })
  const view = createFileView({ choose })
  let plan
  let shown
  let touched = false
  sheet.onclose = () => view.close()
  sheet.mayLeave = async () =>
    !touched ||
    openDialog({
      title: t('wizard.leave'),
      content: h('p', {}, t('upgrade.leaveText')),
      actions: [{ text: t('wizard.discard'), danger: true, act: () => true }],
    })

  async function load() {
    try {
      plan = await api.upgrade(slug)
      for (const file of plan.files) choices.set(file.path, initialChoice(file))
      plan.files.sort((one, other) => isDueNow(other) - isDueNow(one))
      draw()
    } catch (failure) {
      element.replaceChildren(empty(t('upgrade.failed'), failure.message, button({ text: t('again'), onclick: load })))
    }
  }

  function draw() {
    const touching = plan.files.filter(matters)
    const quiet = plan.files.length - touching.length
    if (touching.length === 0) {
      element.replaceChildren(empty(t('upgrade.nothing'), t('upgrade.nothingHint')))
      return foot()
    }
    element.replaceChildren(
      h(
        'aside',
        {},
        h('p', { class: 'cartage-note-line' }, t('upgrade.versions', plan)),
        list,
        quiet > 0 && h('p', { class: 'cartage-note-line' }, t('upgrade.quiet', { n: quiet })),
      ),
      view.element,
    )
    rows(touching)
    show(touching.find(isDueNow) ?? touching[0])
    foot()
  }

  const isDueNow = (file) => isDue(file, choices.get(file.path))
  /** Those that wait for a choice were first when the sheet was opened, and stay there. */
  const rows = (files) => list.replaceChildren(...files.map(row))

  function row(file) {
    const { path, state } = file
    const due = isDueNow(file)
    return h(
      'li',
      {},
      h(
        'button',
        {
          type: 'button',
          'data-path': path,
          class: `cartage-wb-item${path === shown?.path ? ' current' : ''}`,
          'aria-current': String(path === shown?.path),
          onclick: () => show(file),
        },
        h('span', { class: 'path' }, path),
        h(
          'small',
          { class: due ? 'bad' : '' },
          h('i', { class: `fa fa-${due ? 'exclamation-circle' : 'check'}`, 'aria-hidden': 'true' }),
          ' ',
          due ? t('upgrade.due') : t(`upgrade.state.${state}`),
          !due && ` · ${said(file)}`,
        ),
      ),
    )
  }

  function said({ path }) {
    const choice = choices.get(path)
    return t(`upgrade.choice.${typeof choice === 'object' ? 'text' : choice}`)
  }

  function show(file) {
    shown = file
    view.show(file, choices.get(file.path))
    rows(plan.files.filter(matters))
  }

  function choose(path, choice) {
    choices.set(path, choice)
    touched = true
    rows(plan.files.filter(matters))
    foot()
  }

  function foot() {
    const due = plan.files.filter(isDueNow).length
    sheet.foot(
      h(
        'span',
        { class: due > 0 ? 'cartage-wb-said bad' : 'cartage-wb-said', role: 'status' },
        due > 0 ? t('upgrade.dueCount', { n: due }) : t('upgrade.ready'),
      ),
      mayWrite() &&
        button({
          icon: 'code-fork',
          text: t('upgrade.take', { to: plan.to }),
          primary: true,
          disabled: due > 0,
          onclick: take,
        }),
    )
  }

  async function take() {
    const files = Object.fromEntries(
      plan.files
        .filter(({ state }) => state !== 'unchanged' && state !== 'same')
        .map(({ path }) => [path, choices.get(path)]),
    )
    const done = await openDialog({
      title: t('upgrade.sure', { label, to: plan.to }),
      content: h('p', {}, t('upgrade.sureText')),
      actions: [
        {
          text: t('upgrade.take', { to: plan.to }),
          primary: true,
          act: () => api.takeUpgrade(slug, { to: plan.to, files }),
        },
      ],
    })
    if (!done) return
    touched = false
    RED.notify(t('upgrade.done', { label, to: plan.to }), 'success')
    sheet.close()
  }

  load()
  return element
}
