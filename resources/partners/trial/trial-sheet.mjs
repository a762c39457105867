/*
 * A test run: begun, followed step by step, and shown as the checklist of going live. With a run that was made before, that
 * one is shown.
 */
import { button, empty, h } from '../../workbench/dom.mjs'
import * as api from '../api.mjs'
import { moment } from '../looks.mjs'
import { mayRelease, mayWrite } from '../may.mjs'
import { openSheet } from '../sheet.mjs'
import { askStatus } from '../status-dialog.mjs'
import { t } from '../text.mjs'
import { checklist } from './checklist.mjs'
import { progressBar } from './progress-bar.mjs'

const LOOK_MS = 400

/** Resolves once the sheet is closed. */
export function openTrial({ partner, id }) {
  return openSheet({
    title: t('trial.title', { label: partner.label }),
    content: (sheet) => trialView(sheet, partner, id),
  })
}

const isInTheWay = ({ required, outcome }) => required && outcome === 'failed'

function trialView(sheet, partner, earlier) {
  const { slug } = partner
  const place = h('div', { class: 'cartage-trial' })
  let timer
  let closed = false
  sheet.onclose = () => {
    closed = true
    clearTimeout(timer)
  }

  async function start(target) {
    sheet.foot()
    place.replaceChildren(h('p', { class: 'cartage-note-line' }, t('trial.starting')))
    try {
      const { id } = await api.startTrial(slug, { target })
      follow(id)
    } catch (failure) {
      fail(failure)
    }
  }

  function fail(failure) {
    place.replaceChildren(empty(t('trial.failed'), failure.message))
    sheet.foot(...again())
  }

  async function follow(id) {
    const bar = progressBar({ cancel: () => api.cancelTrial(slug, id).catch(fail) })
    place.replaceChildren(bar.element)
    await look(id, bar)
  }

  async function look(id, bar) {
    const run = await api.trial(slug, id).catch((failure) => ({ failure }))
    if (closed) return
    if (run.failure) return fail(run.failure)
    if (run.state !== 'running') return show(run)
    bar.show(run.progress)
    timer = setTimeout(look, LOOK_MS, id, bar)
  }

  function show(run) {
    const { state, at, startedBy } = run
    place.replaceChildren(
      h(
        'p',
        { class: 'cartage-note-line' },
        t(state === 'done' && run.target === 'account' ? 'trial.state.account' : `trial.state.${state}`),
        ' · ',
        moment(at),
        startedBy && ` · ${startedBy}`,
      ),
      checklist(run, { partner, leave: sheet.close }),
    )
    sheet.foot(...again(), state === 'done' && nextStep(run))
  }

  const again = () => {
    if (!mayWrite()) return []
    const account = { icon: 'key', text: t('trial.account'), title: t('trial.accountHint') }
    return [
      button({ icon: 'repeat', text: t('trial.again'), onclick: () => start('simulator') }),
      partner.deployed && button({ ...account, onclick: () => start('account') }),
    ]
  }

  /** What follows a run that went well; with another one the dialog says what stands in the way. */
  function nextStep(run) {
    if (partner.status === 'live' || run.target === 'account') return false
    const to = partner.status === 'tested' ? 'live' : 'tested'
    if (!mayWrite() || (to === 'live' && !mayRelease())) return false
    return button({
      icon: to === 'live' ? 'rocket' : 'check-square-o',
      text: t(`step.${to}`),
      primary: !run.checks.some(isInTheWay),
      onclick: () => step(to, run),
    })
  }

  async function step(to, run) {
    const done = await askStatus(partner, to, run.id)
    if (!done) return
    Object.assign(partner, { status: done.status })
    RED.notify(t('step.done', { label: partner.label, status: t(`status.${done.status}`) }), 'success')
    show(run)
  }

  if (earlier) follow(earlier)
  else start('simulator')
  return place
}
