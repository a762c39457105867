// Runs the whole suite, or the specs that are named: node scripts/test.mjs [spec …]. Prepares the machine where it can and
// says what it could not. The last line is `N passed, N failed, N skipped`.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import Mocha from 'mocha'

const root = resolve(import.meta.dirname, '..')
process.chdir(root)
prepareMachine()

const named = process.argv.slice(2)
const files = named.length > 0 ? named : specsUnder('test')
const mocha = new Mocha({ timeout: 20_000, forbidOnly: true, reporter: 'dot' })
for (const file of files) mocha.addFile(resolve(file))
await mocha.loadFilesAsync()
const skipped = []
const runner = mocha.run((failures) => {
  reportSkipped()
  const { passes } = runner.stats
  console.log(`${passes} passed, ${failures} failed, ${skipped.length} skipped`)
  // timers of Node-RED's sessions would keep the process alive for hours
  process.exit(failures > 0 || passes === 0 ? 1 : 0)
})
runner.on('pending', (test) => skipped.push(test))

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
  for (const test of skipped) {
    const line = `${outerTitle(test)} (${reasonFor(test)})`
    counts.set(line, (counts.get(line) ?? 0) + 1)
  }
  for (const [line, count] of counts) console.log(`  ${count} of ${line}`)
}

/** A suite that skips itself leaves its reason on itself. */
function reasonFor(test) {
  for (let suite = test.parent; suite; suite = suite.parent) if (suite.skipReason) return suite.skipReason
  return /browser|editor/i.test(test.fullTitle()) && !chromium()
    ? 'no Chromium: apt-get install chromium'
    : 'its own condition is not met'
}

function outerTitle(test) {
  const titles = test.titlePath()
  return titles.length > 1 ? titles[0] : test.title
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
    return apt('install', '-y', '--no-install-recommends', ...missing)
  })
  if (!installed)
    console.log(`note: ${missing.join(', ')} could not be installed; the suites that need them are skipped`)
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
