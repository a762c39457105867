// Compiles the sources into dist/ and copies what tsc does not know beside them. Does nothing when nothing changed.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const dist = join(root, 'dist')
const stampFile = join(dist, '.stamp')
const sourceFolders = ['engine', 'nodes', 'simulators', 'demo', 'bench']
const copied = /\.(html|json|svg|png|sql|lua|yaml|css|md|jsonata|js)$/

const sources = sourceFolders.flatMap((folder) => filesUnder(join(root, folder)))
const stamp = stampOf([
  ...sources,
  ...['settings.ts', 'tsconfig.json', 'package-lock.json'].map((name) => join(root, name)),
])

if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) process.exit(0)

const started = Date.now()
const tsc = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', root], {
  stdio: 'inherit',
})
if (tsc.status !== 0) {
  console.error('build: the compiler found errors (above); nothing is marked as built')
  process.exit(1)
}
for (const file of sources.filter((name) => copied.test(name))) {
  const target = join(dist, relative(root, file))
  mkdirSync(dirname(target), { recursive: true })
  cpSync(file, target)
}
removeOrphans()
writeFileSync(stampFile, stamp)
console.log(`built dist/ in ${((Date.now() - started) / 1000).toFixed(1)} s`)

function filesUnder(folder) {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

/** One hash over path, size and time of change: reading 1,000 files would cost more than it could save. */
function stampOf(files) {
  const hash = createHash('sha256')
  for (const file of files.filter(existsSync)) {
    const { mtimeMs, size } = statSync(file)
    hash.update(`${relative(root, file)}\0${mtimeMs}\0${size}\n`)
  }
  return hash.digest('hex')
}

/** A source that was renamed or removed must not live on in dist/, where Node-RED would still load it. */
function removeOrphans() {
  const expected = new Set(sources.map((file) => relative(root, file).replace(/\.ts$/, '.js')))
  for (const file of filesUnder(dist)) {
    const name = relative(dist, file)
    if (name !== 'settings.js' && name !== '.stamp' && !expected.has(name)) rmSync(file)
  }
}
