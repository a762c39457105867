// Runs the whole suite, or the specs and folders that are named: node scripts/test.mjs [spec …]. Prepares the machine where it can and
// says what it could not. The last line is `N passed, N failed, N skipped`.
import { fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { scenarioLines } from './scenario-list.mjs'

const root = resolve(import.meta.dirname, '..')
/** What measures time or needs the machine for itself. */
const ALONE = /^test\/(bench|chaos)\//
const TRYTON = '/usr/lib/python3/dist-packages/trytond/modules'
/** The long ones first, so that none of them is left for the end. */
const FIRST = /^test\/(browser|deploy|demo|real|store|nodes)\//
let column = 0
process.chdir(root)
prepareMachine()

const named = process.argv.slice(2)
const files =
  named.length > 0 ? named.flatMap((name) => (isFolder(name) ? specsUnder(name) : name)) : specsUnder('test')
const { passes, failures, skipped, durations, scenarios } = await runAll(files)
reportFailures()
reportSlowest()
reportSkipped()
for (const line of scenarioLines(scenarios)) console.log(line)
console.log(`${passes} passed, ${failures.length} failed, ${skipped.length} skipped`)
process.exit(failures.length > 0 || passes === 0 ? 1 : 0)

/**
 * Two processes take the spec files one by one: most of a run is waiting for servers, browsers and processes that are killed. What
 * measures time, or needs the machine for itself, runs at the end and alone.
 */
async function runAll(specs) {
  const results = { passes: 0, failures: [], skipped: [], durations: [], scenarios: [] }
  const alone = specs.filter((file) => ALONE.test(file))
  const shared = specs.filter((file) => !ALONE.test(file)).sort((a, b) => Number(FIRST.test(b)) - Number(FIRST.test(a)))
  const width = Number(process.env.CARTAGE_TEST_PROCESSES) || Math.min(2, availableParallelism())
  await Promise.all(Array.from({ length: Math.min(width, shared.length) }, () => work(shared, results)))
  if (alone.length > 0) await work(alone, results)
  console.log()
  return results
}

/** One process for as long as there are files; one that dies fails the file it was at, and another takes its place. */
async function work(queue, results) {
  while (queue.length > 0) {
    const worker = fork(join(import.meta.dirname, 'test-worker.mjs'))
    let file
    worker.on('message', (message) => {
      keepScenario(results.scenarios, message)
      if (message.passed) dot('.', ++results.passes)
      if (message.skipped) dot(',', results.skipped.push(message.skipped))
      if (message.failed) failed(results.failures, message.failed)
      if (message.done?.broken) results.failures.push({ file, title: 'cannot be loaded', text: message.done.broken })
      if (message.done) results.durations.push({ file, ms: message.done.ms })
      if (!message.ready && !message.done) return
      file = queue.shift()
      worker.send(file === undefined ? { end: true } : { file })
    })
    const [code, signal] = await once(worker, 'exit')
    if (file !== undefined) results.failures.push({ file, title: 'ended its process', text: `${signal ?? code}` })
  }
}

/** The tests that read like the list of what the processes must stand. */
function keepScenario(scenarios, { passed, skipped, failed }) {
  const scenario = passed ?? skipped ?? failed
  const sign = passed ? '✓' : failed ? '✗' : '–'
  if (scenario?.file.startsWith('test/scenarios/')) scenarios.push({ ...scenario, sign })
}

/** Told at once as well as at the end: a run takes minutes. */
function failed(failures, failure) {
  failures.push(failure)
  console.log(`${column % 100 === 0 ? '' : '\n'}! ${failure.file}: ${failure.title}`)
  column = 0
}

function isFolder(name) {
  return statSync(name, { throwIfNoEntry: false })?.isDirectory() ?? false
}

function dot(sign) {
  process.stdout.write(sign)
  column += 1
  if (column % 100 === 0) process.stdout.write('\n')
}

function reportFailures() {
  for (const [index, { file, title, text, diff }] of failures.entries())
    console.log(`\n  ${index + 1}) ${title}\n     ${file}\n${indented(text)}${diff ? indented(diff) : ''}`)
}

function indented(text) {
  return text.replaceAll(/^/gm, '     ')
}

function reportSlowest() {
  if (durations.length < 20) return
  const slowest = durations.sort((a, b) => b.ms - a.ms).slice(0, 12)
  console.log('slowest:')
  for (const { file, ms } of slowest) console.log(`  ${(ms / 1000).toFixed(0).padStart(4)} s  ${file}`)
}

function specsUnder(folder) {
  return readdirSync(join(root, folder), { recursive: true })
    .filter((name) => name.endsWith('.spec.ts'))
    .map((name) => join(folder, name))
    .sort()
}

/** A skipped test is no green one: it is listed with its suite and why. */
function reportSkipped() {
  if (skipped.length === 0) return
  console.log('skipped:')
  const counts = new Map()
  for (const { suite, reason } of skipped) {
    const line = `${suite} (${reason ?? usualReason(suite)})`
    counts.set(line, (counts.get(line) ?? 0) + 1)
  }
  for (const [line, count] of counts) console.log(`  ${count} of ${line}`)
}

function usualReason(title) {
  return /browser|editor/i.test(title) && !chromium()
    ? 'no Chromium: apt-get install chromium'
    : 'its own condition is not met'
}

function chromium() {
  return [process.env.CARTAGE_CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
    (file) => file && existsSync(file),
  )
}

/**
 * Programs that some suites need, as Debian packages. Where we may, they are installed; elsewhere one line says which. Their
 * services are not started: the tests start their own, on ports of their own.
 */
function prepareMachine() {
  const needed = {
    chromium: chromium(),
    'redis-server': isInstalled('redis-server'),
    mosquitto: isInstalled('mosquitto'),
    'mosquitto-clients': isInstalled('mosquitto_pub'),
    strace: isInstalled('strace'),
    'tryton-server': isInstalled('trytond'),
    'tryton-modules-sale-shipment-cost': existsSync(`${TRYTON}/sale_shipment_cost`),
    'tryton-modules-account-invoice-stock': existsSync(`${TRYTON}/account_invoice_stock`),
    'tryton-proteus': existsSync('/usr/lib/python3/dist-packages/proteus'),
    'openssh-server': isInstalled('sshd'),
  }
  const missing = Object.keys(needed).filter((name) => !needed[name])
  if (missing.length === 0) return
  if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) {
    console.log(`note: some suites need ${missing.join(', ')} (Debian: apt-get install ${missing.join(' ')})`)
    return
  }
  console.log(`installing ${missing.join(', ')} for the tests …`)
  const installed = withoutServices((env) => {
    const apt = (...words) => spawnSync('apt-get', words, { env, stdio: 'ignore', timeout: 10 * 60_000 }).status === 0
    apt('update')
    const install = (names) => apt('install', '-y', '--no-install-recommends', ...names)
    // One that is not to be had must not keep the others away.
    return install(missing) || missing.filter((name) => !install([name])).length === 0
  })
  if (!installed)
    console.log(
      `note: ${missing.join(', ')} could not all be installed; the suites that need what is missing are skipped`,
    )
}

function isInstalled(program) {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin']
  return folders.some((folder) => existsSync(join(folder, program)))
}

/** Debian's packages ask this policy before they start a service; one that is there already stays as it is. */
function withoutServices(install) {
  const policy = '/usr/sbin/policy-rc.d'
  const ours = !existsSync(policy)
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    return install({ ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' })
  } finally {
    if (ours) rmSync(policy)
  }
}
