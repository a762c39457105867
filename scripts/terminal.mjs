// Questions on a terminal. They go to stderr, so that what a command prints can be piped.
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'

/** The answer, or what was offered. */
export async function ask(question, offered = '') {
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return (await lines.question(offered ? `${question} [${offered}]: ` : `${question}: `)).trim() || offered
  } finally {
    lines.close()
  }
}

/** The answer; what is typed is not shown. */
export async function askSecret(question) {
  process.stderr.write(`${question}: `)
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true })
  try {
    return (await lines.question('')).trim()
  } finally {
    lines.close()
    process.stderr.write('\n')
  }
}
