// What the commands for operators share.
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const root = resolve(import.meta.dirname, '..')
const TELL_EVERY_MS = 2_000

export const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

export function load(name) {
  return import(pathToFileURL(join(root, 'dist', name)).href)
}

/** A path as it was typed: npm changes into the package first. */
export function place(path) {
  return resolve(process.env.INIT_CWD ?? '.', path)
}

/** Runs a command; what goes wrong is told in one line each, and the exit code is 1. */
export async function run(name, work) {
  // what it writes is for nobody else on the machine
  process.umask(0o077)
  try {
    await work()
  } catch (error) {
    for (const line of error.problems ?? [error.message]) console.error(`${name}: ${line}`)
    process.exitCode = 1
  }
}

/** Tells how far something long has come, every two seconds. */
export function teller() {
  let last = performance.now()
  return (what, done, total) => {
    if (performance.now() - last < TELL_EVERY_MS) return
    last = performance.now()
    console.log(
      done === total ? `  ${what}: ${done}` : `  ${what}: ${done} of ${total} (${Math.floor((100 * done) / total)} %)`,
    )
  }
}
