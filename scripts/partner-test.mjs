// Tries a partner and prints the checklist of going live. Ends with 1 when something stands in the way.
import { setTimeout as wait } from 'node:timers/promises'
import { callHub, fail } from './hub-api.mjs'

const LOOK_MS = 300
const SIGNS = { passed: '✓', failed: '✗', skipped: '–' }
const GROUPS = {
  setup: 'Set-up',
  mapping: 'Mapping and codes',
  calls: 'Calls',
  webhooks: 'Webhooks',
  pace: 'Pace and faults',
}

export async function test({ options, words, usage }) {
  const [partner, ...more] = words
  if (partner === undefined || more.length > 0) fail(usage)
  const path = `/api/v1/partners/${encodeURIComponent(partner)}/trials`
  const { id } = await callHub('POST', path, options.target === undefined ? {} : { target: options.target })
  const trial = await finished(`${path}/${id}`)
  const inTheWay = trial.checks.filter(({ required, outcome }) => required && outcome === 'failed').length
  console.log(options.json ? JSON.stringify(trial) : [...lines(trial), verdict(trial, inTheWay)].join('\n'))
  process.exitCode = trial.state === 'done' && inTheWay === 0 ? 0 : 1
}

async function finished(path) {
  for (let shown = ''; ; ) {
    const trial = await callHub('GET', path)
    const { state, progress } = trial
    if (state !== 'running') return trial
    const step = `${progress.done}/${progress.total} ${progress.step ?? ''}`
    if (process.stderr.isTTY && step !== shown) console.error(step)
    shown = step
    await wait(LOOK_MS)
  }
}

function lines({ checks }) {
  return Object.entries(GROUPS).flatMap(([group, heading]) => {
    const own = checks.filter((check) => check.group === group)
    return own.length === 0 ? [] : [heading, ...own.flatMap(checkLines)]
  })
}

function checkLines({ title, outcome, required, why, link }) {
  const head = `  ${SIGNS[outcome]} ${title}${outcome === 'failed' && required ? '  [in the way]' : ''}`
  if (why === undefined || outcome === 'passed') return [head]
  const place = outcome === 'failed' && link ? `      ${link.kind}: ${link.path}` : undefined
  return [head, `      ${why}`, place].filter((line) => line !== undefined)
}

function verdict({ state, error, score: { passed, failed, skipped } }, inTheWay) {
  const counts = `${passed} passed, ${failed} failed (${inTheWay} in the way of going live), ${skipped} skipped`
  return state === 'done' ? counts : `${state}: ${error ?? 'ended before its time'}. ${counts}`
}
