/*
 * A deploy that would break what was agreed asks twice. Looked at are the mappings that were worked on: mapper nodes that
 * are not deployed yet, and templates' mappings that were saved from here.
 *
 * The editor has no hook before a deploy: its button and its action call one private function. So a click is caught
 * before it reaches the button, and the action is put behind the same question.
 */
import * as api from './api.mjs'
import { openDialog } from './dialog.mjs'
import { diffTable } from './diff.mjs'
import { h } from './dom.mjs'
import { t } from './text.mjs'

const BUTTON = 'red-ui-header-button-deploy'
const ACTION = 'core:deploy-flows'

export function installDeployGate({ saved }) {
  let open = false
  let asking = false

  async function gate(deploy) {
    if (asking) return
    asking = true
    try {
      if (await mayDeploy(saved)) pass(deploy)
    } finally {
      asking = false
    }
  }
  function pass(deploy) {
    open = true
    try {
      deploy()
      saved.clear()
    } finally {
      open = false
    }
  }

  document.addEventListener(
    'click',
    (event) => {
      const pressed = event.target.closest?.(`#${BUTTON}`)
      if (!pressed || open || pressed.classList.contains('disabled') || toCheck(saved).length === 0) return
      event.preventDefault()
      event.stopImmediatePropagation()
      gate(() => pressed.click())
    },
    true,
  )

  function guardAction() {
    const deploy = RED.actions.get(ACTION)
    RED.actions.remove(ACTION)
    RED.actions.add(ACTION, (...given) =>
      open || toCheck(saved).length === 0 ? deploy(...given) : gate(() => deploy(...given)),
    )
  }
  guardAction()
}

/** What to run: `{ partner, mapping, source? }`, with `title` for people. */
function toCheck(saved) {
  const checks = [...saved.values()]
  RED.nodes.eachNode((node) => {
    if (node.type !== 'canonical-mapper' || !node.changed || node.d) return
    const partner = RED.nodes.node(node.partner)?.template
    const mapping = mappingOf(node)
    if (!partner || !mapping) return
    const source = node.mappingType === 'jsonata' ? { source: node.mapping } : {}
    checks.push({ partner, mapping, ...source, title: RED.utils.getNodeLabel(node, node.type) })
  })
  return [...new Map(checks.map((check) => [JSON.stringify(check), check])).values()]
}

/** A mapping that stands in a node is held against the samples that it was written with. */
function mappingOf({ mappingType, mapping, samples }) {
  if (mappingType === 'jsonata') return samples || undefined
  return `map/${(mapping || 'webhook.jsonata').replace(/^map\//, '')}`
}

async function mayDeploy(saved) {
  const results = await Promise.all((await agreed(toCheck(saved))).map(failingOf))
  const failing = results.flat()
  if (failing.length === 0) return true
  const looked = await openDialog({
    title: t('deploy.title'),
    wide: true,
    content: [h('p', {}, t('deploy.text', { n: failing.length })), ...failing.map(part)],
    actions: [{ text: t('deploy.anyway'), act: () => true }],
  })
  if (!looked) return false
  return openDialog({
    title: t('deploy.sure'),
    content: h('p', {}, t('deploy.sureText', { n: failing.length })),
    actions: [{ text: t('deploy.yes'), primary: true, act: () => true }],
  })
}

/**
 * Of a partner of one's own that is a draft nothing is agreed yet: its samples are those of the template that it began with,
 * and its test run says what is left to do.
 */
async function agreed(checks) {
  const partners = await api.partners().catch(() => [])
  const drafts = partners.filter(({ own, status }) => own && status === 'draft').map(({ slug }) => slug)
  return checks.filter(({ partner }) => !drafts.includes(partner))
}

/** Samples that cannot be run say nothing against the mapping; whoever deploys is told. */
async function failingOf({ title, ...question }) {
  try {
    const results = await api.runGoldens(question)
    const named = { title: title ?? question.mapping, partner: question.partner }
    return results.filter(({ ok }) => !ok).map((result) => ({ ...result, ...named }))
  } catch (failure) {
    RED.notify(t('deploy.notRun', { mapping: question.mapping, error: failure.message }), 'warning')
    return []
  }
}

const part = ({ title, partner, name, diff = [], error }) =>
  h(
    'details',
    {},
    h(
      'summary',
      {},
      `${title} · ${partner} · ${name} `,
      h('small', {}, error ? (error.message ?? String(error)) : t('goldens.differs', { n: diff.length })),
    ),
    diff.length > 0 && diffTable(diff),
  )
