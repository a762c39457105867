import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../../engine/package-root.ts'
import { findProgram } from './programs.ts'

const MODULE = 'github.com/FerretDB/FerretDB'
const VERSION = 'v1.24.2'
const BUILD_MS = 600_000
const CACHE = join(packageRoot(), '.cache', 'ferretdb')

/** FerretDB v1 on the PATH or built here before; otherwise built now, where Go is installed. Undefined when none of it can be. */
export function findFerretdb(): string | undefined {
  const built = join(CACHE, VERSION, 'ferretdb')
  return findProgram('ferretdb') ?? (existsSync(built) ? built : buildOnce(built))
}

/** Of two processes that need it at once, one builds and the other waits; a lock older than a build can take is nobody's. */
function buildOnce(target: string): string | undefined {
  mkdirSync(CACHE, { recursive: true })
  const lock = join(CACHE, 'building')
  while (!taken(lock)) {
    if (existsSync(lock) && Date.now() - statSync(lock).mtimeMs > BUILD_MS)
      rmSync(lock, { recursive: true, force: true })
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200)
  }
  try {
    return existsSync(target) ? target : build(target)
  } finally {
    rmSync(lock, { recursive: true, force: true })
  }
}

function taken(lock: string): boolean {
  try {
    mkdirSync(lock)
    return true
  } catch {
    return false
  }
}

/**
 * `go install` alone gives a program that refuses to start: the text file with its version is not in the module. So the module
 * is fetched the same way, the file is put beside it, and the copy is built.
 */
function build(target: string): string | undefined {
  const go = findProgram('go')
  if (!go) return undefined
  console.log(`building FerretDB ${VERSION} for the tests of the cluster store …`)
  const work = mkdtempSync(join(CACHE, 'build-'))
  try {
    const run = (cwd: string, ...args: string[]) => execFileSync(go, args, { cwd, stdio: 'pipe', timeout: BUILD_MS })
    const { Dir } = JSON.parse(String(run(work, 'mod', 'download', '-json', `${MODULE}@${VERSION}`))) as { Dir: string }
    const sources = join(work, 'sources')
    cpSync(Dir, sources, { recursive: true })
    execFileSync('chmod', ['-R', 'u+w', sources])
    writeFileSync(join(sources, 'build', 'version', 'version.txt'), `${VERSION}\n`)
    run(sources, 'build', '-o', join(work, 'ferretdb'), './cmd/ferretdb')
    mkdirSync(join(CACHE, VERSION), { recursive: true })
    renameSync(join(work, 'ferretdb'), target)
    return target
  } catch (error) {
    console.log(`note: FerretDB could not be built: ${error instanceof Error ? error.message : error}`)
    return undefined
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}
