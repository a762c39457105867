// Makes a fresh clone runnable: installs what package-lock.json says, then builds. Plain JavaScript for Node 18, no
// dependency: it runs before anything is installed, on whatever Node the machine has.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const pinnedNode = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node')

if (Number(process.versions.node.split('.')[0]) < 18)
  fail(`Node 18 or newer is needed to install; this is ${process.version}`)
if (!isInstalled()) install()
build()

/** True when every locked package is there in its locked version: npm keeps its own account in node_modules. */
function isInstalled() {
  const account = join(root, 'node_modules', '.package-lock.json')
  if (!existsSync(account) || !existsSync(pinnedNode)) return false
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
  const present = JSON.parse(readFileSync(account, 'utf8')).packages
  return Object.entries(wanted).every(
    ([path, entry]) => path === '' || entry.optional || entry.devOptional || present[path]?.version === entry.version,
  )
}

function install() {
  console.log('installing the locked packages (npm ci; about a minute the first time) …')
  const started = Date.now()
  // npm must not run on the pinned Node nor be the npm that node-red brings along: `npm ci` deletes both of them first.
  const path = (process.env.PATH ?? '').split(delimiter).filter((entry) => !/node_modules[\\/]\.bin$/.test(entry))
  const env = { ...process.env, PATH: path.join(delimiter) }
  const options = ['ci', '--no-audit', '--no-fund', '--loglevel=error']
  const npm = process.env.npm_execpath
  const done = npm?.endsWith('.js')
    ? spawnSync('node', [npm, ...options], { cwd: root, env, stdio: 'inherit' })
    : spawnSync('npm', options, { cwd: root, env, stdio: 'inherit', shell: process.platform === 'win32' })
  if (done.status !== 0) fail('npm ci failed (above)')
  if (!existsSync(pinnedNode)) fail('npm did not install the pinned Node: its preinstall script must be allowed to run')
  console.log(`installed in ${((Date.now() - started) / 1000).toFixed(0)} s`)
}

function build() {
  const done = spawnSync(pinnedNode, [join(root, 'scripts', 'build.mjs')], { cwd: root, stdio: 'inherit' })
  if (done.status !== 0) process.exit(1)
}

function fail(message) {
  console.error(`setup: ${message}`)
  process.exit(1)
}
