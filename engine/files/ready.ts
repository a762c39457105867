import { type Entry, isPlainName } from './place.ts'
import type { FilesIn } from './types.ts'

/** Files that are still being written, by the names that people and programs give them. */
const UNFINISHED = /^\.|\.(tmp|part|partial|filepart|swp|writing)$|~$/i

/** What one look at a folder showed: which files are whole, which must be looked at again, and which are taken by nobody. */
export interface Look {
  ready: Entry[]
  waiting: Entry[]
  /** Links, folders of a file's name, names that are none: they are told of and left alone. */
  refused: Entry[]
}

/**
 * Which files are whole. One that is still being written grows or changes from look to look; with a trigger only the file that
 * says so counts. Oldest first.
 */
export class Readiness {
  readonly #box: Pick<FilesIn, 'pattern' | 'trigger'>
  readonly #matches: (name: string) => boolean
  /** Size and time of change at the last look, by name. */
  #seen = new Map<string, string>()

  constructor(box: Pick<FilesIn, 'pattern' | 'trigger'>) {
    this.#box = box
    this.#matches = matcher(box.pattern)
  }

  look(entries: Entry[]): Look {
    const { trigger } = this.#box
    const names = new Set(entries.map(({ name }) => name))
    const seen = new Map<string, string>()
    const look: Look = { ready: [], waiting: [], refused: [] }
    for (const entry of entries) {
      const { name, kind } = entry
      if (kind === 'folder' || UNFINISHED.test(name) || !this.#matches(name)) continue
      if (trigger !== undefined && name.endsWith(trigger)) continue
      if (kind !== 'file' || !isPlainName(name)) {
        look.refused.push(entry)
        continue
      }
      const state = `${entry.size}/${entry.modifiedAt}`
      seen.set(name, state)
      const isWhole = trigger === undefined ? this.#seen.get(name) === state : names.has(name + trigger)
      look[isWhole ? 'ready' : 'waiting'].push(entry)
    }
    this.#seen = seen
    look.ready.sort((a, b) => a.modifiedAt - b.modifiedAt || (a.name < b.name ? -1 : 1))
    return look
  }
}

/** `*` is any number of characters, `?` is one; letters are the same, large or small. Takes no longer than the name is long times the pattern. */
export function matcher(pattern: string): (name: string) => boolean {
  const wanted = [...pattern.toLowerCase()]
  return (name) => matches(wanted, [...name.toLowerCase()])
}

function matches(wanted: string[], name: string[]): boolean {
  let [w, n, star, from] = [0, 0, -1, 0]
  while (n < name.length) {
    if (wanted[w] === '*') {
      star = w++
      from = n
    } else if (w < wanted.length && (wanted[w] === '?' || wanted[w] === name[n])) {
      w++
      n++
    } else if (star >= 0) {
      // The last star takes one character more.
      w = star + 1
      n = ++from
    } else return false
  }
  return wanted.slice(w).every((one) => one === '*')
}
