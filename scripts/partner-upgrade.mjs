// `npm run partner -- upgrade`: what a template's new version would bring, and taking it over.
import { readFileSync } from 'node:fs'
import { place } from './command.mjs'
import { callHub, fail, table } from './hub-api.mjs'

const WORDS = {
  theirs: 'only the template has changed it',
  yours: 'only you have changed it',
  same: 'both have changed it alike',
  merged: 'both have changed it, at different places',
  conflict: 'both have changed it at the same place: --take decides',
  added: 'new in the template',
  removed: 'gone from the template',
}

export async function upgrade({ options, words, usage }) {
  const [partner, ...more] = words
  if (partner === undefined || more.length > 0 || (options.apply && options.undo)) fail(usage)
  const path = `/api/v1/partners/${encodeURIComponent(partner)}/upgrade`
  if (options.undo) return tell(await callHub('POST', `${path}/undo`), options)
  const seen = await callHub('GET', path)
  if (!options.apply) return tell(seen, options)
  const files = Object.fromEntries((options.take ?? []).map(choice))
  tell(await callHub('POST', path, { to: seen.to, files }), options)
}

function tell(upgrade, { json }) {
  if (json) return console.log(JSON.stringify(upgrade))
  const { from, to, files, undo } = upgrade
  const changed = files.filter(({ state }) => state !== 'unchanged')
  console.log(from === to ? `stands on ${from}, the template's version` : `stands on ${from}; the template has ${to}`)
  if (changed.length > 0)
    console.log(
      table(
        ['FILE', 'STATE', ''],
        changed.map(({ path, state }) => [path, state, WORDS[state]]),
      ),
    )
  if (undo) console.log(`--undo goes back to ${undo.to}`)
}

function choice(text) {
  const [, path, what] =
    /^([^=]+)=(.+)$/.exec(text) ?? fail(`${text.slice(0, 60)} is not <path>=theirs|yours|merged|@<file>`)
  if (!what.startsWith('@')) return [path, what]
  try {
    return [path, { text: readFileSync(place(what.slice(1)), 'utf8') }]
  } catch {
    return fail(`${what.slice(1)} cannot be read`)
  }
}
