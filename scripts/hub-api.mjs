// How command lines talk to the API of a running hub: CARTAGE_URL and CARTAGE_API_KEY say where and as whom; without them it is the
// hub of this folder with its development key.
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

const { CARTAGE_URL, CARTAGE_PORT = '1880', CARTAGE_API_KEY, CARTAGE_DATA = '.cartage' } = process.env

/** The answer's JSON; ends the process with one line that says what is wrong when there is none. */
export async function callHub(method, path, body) {
  const answer = await ask(method, path, body)
  return answer.status === 204 ? {} : answer.json()
}

/** The answer as bytes. */
export async function fetchFromHub(path) {
  return Buffer.from(await (await ask('GET', path)).arrayBuffer())
}

async function ask(method, path, body) {
  const url = new URL(path, CARTAGE_URL ?? `http://127.0.0.1:${CARTAGE_PORT}`)
  const headers = { authorization: `Bearer ${CARTAGE_API_KEY ?? developmentKey()}` }
  const request = { method, headers }
  if (body !== undefined) {
    headers['content-type'] = 'application/json'
    request.body = JSON.stringify(body)
  }
  const answer = await fetch(url, request).catch(() =>
    fail(`no hub answers at ${url.origin}; CARTAGE_URL says where it is`),
  )
  if (answer.ok) return answer
  const said = await answer.json().catch(() => ({}))
  const more = (said.errors ?? [])
    .filter(({ message }) => message !== said.detail)
    .map(({ field, message }) => `  ${field} ${message}`)
  return fail([`${answer.status} ${said.code ?? ''} ${said.detail ?? ''}`.trim(), ...more].join('\n'))
}

/** `--name value` and `--flag` apart from the other words; names that may be said several times give lists. */
export function readWords(words, flags = [], repeated = []) {
  const options = {}
  const rest = []
  for (let at = 0; at < words.length; at += 1) {
    const name = /^--([a-z-]+)$/.exec(words[at])?.[1]
    if (name === undefined) rest.push(words[at])
    else if (flags.includes(name)) options[name] = true
    else {
      at += 1
      const value = words[at] ?? fail(`--${name} needs a value`)
      options[name] = repeated.includes(name) ? [...(options[name] ?? []), value] : value
    }
  }
  return { options, rest }
}

/** Rows under their headings, each column as wide as its widest cell. */
export function table(headings, rows) {
  const all = [headings, ...rows.map((row) => row.map((cell) => String(cell ?? '')))]
  const widths = headings.map((_heading, column) => Math.max(...all.map((row) => row[column].length)))
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

export function fail(line) {
  console.error(line)
  process.exit(1)
}

function developmentKey() {
  const file = resolve(import.meta.dirname, '..', CARTAGE_DATA, 'secrets.json')
  try {
    return JSON.parse(readFileSync(file, 'utf8')).apiKey
  } catch {
    return fail(
      'CARTAGE_API_KEY is not set, and this folder has no development key (a hub that ran here would have made one)',
    )
  }
}
