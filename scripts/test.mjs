// Runs the whole suite, or the specs that are named: node scripts/test.mjs [spec …]. Prepares the machine where it can and
// says what it could not. The last line is `N passed, N failed, N skipped`.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import Mocha from 'mocha'

const root = resolve(import.meta.dirname, '..')
process.chdir(root)
prepareChromium()

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

/** A skipped test is no green one: it is listed with its suite, whose title says what it needs. */
function reportSkipped() {
  if (skipped.length === 0) return
  console.log('skipped:')
  for (const suite of new Set(skipped.map((test) => test.parent?.fullTitle() || test.title))) {
    const count = skipped.filter((test) => (test.parent?.fullTitle() || test.title) === suite).length
    console.log(`  ${suite}: ${count} (${reasonFor(suite)})`)
  }
}

function reasonFor(suite) {
  return /browser|editor/i.test(suite) && !chromium()
    ? 'no Chromium: apt-get install chromium'
    : 'its own condition is not met'
}

function chromium() {
  return [process.env.CARTAGE_CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
    (file) => file && existsSync(file),
  )
}

/** The browser tests need one; on a Debian where we may, it is installed, elsewhere one line says how. */
function prepareChromium() {
  if (chromium()) return
  if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) {
    console.log(
      'note: the browser tests need Chromium (Debian: apt-get install chromium; or set CARTAGE_CHROMIUM to its path)',
    )
    return
  }
  console.log('installing chromium for the browser tests …')
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const apt = (...words) => spawnSync('apt-get', words, { env, stdio: 'ignore', timeout: 10 * 60_000 }).status === 0
  const installed = (apt('update') || true) && apt('install', '-y', '--no-install-recommends', 'chromium')
  console.log(installed ? 'installed chromium' : 'note: chromium could not be installed; the browser tests are skipped')
}
