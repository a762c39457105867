/**
 * What a pattern can cost a backtracking engine, as far as that can be told from the way it is written: no more ways through a
 * text of `n` characters than `ways * n ** unbounded` from each place in it.
 */
export interface PatternCost {
  unbounded: number
  ways: number
}

interface Cost extends PatternCost {
  /** Nothing in it is repeated or chosen: repeating it gives one way for each number of times. */
  isFixed: boolean
}

const ONE: Cost = { unbounded: 0, ways: 1, isFixed: true }

/** Undefined where no such bound can be told: repetition within repetition, or what looks about itself. */
export function patternCost(source: string): PatternCost | undefined {
  const reader = { source, at: 0 }
  const cost = alternatives(reader)
  return cost && reader.at === source.length ? cost : undefined
}

interface Reader {
  source: string
  at: number
}

function alternatives(reader: Reader): Cost | undefined {
  let all: Cost | undefined = sequenceOf(reader)
  while (all && reader.source[reader.at] === '|') {
    reader.at += 1
    const other = sequenceOf(reader)
    all = other && { unbounded: Math.max(all.unbounded, other.unbounded), ways: all.ways + other.ways, isFixed: false }
  }
  return all
}

function sequenceOf(reader: Reader): Cost | undefined {
  let all = ONE
  while (reader.at < reader.source.length && !'|)'.includes(reader.source[reader.at] as string)) {
    const part = repeated(reader, atom(reader))
    if (!part) return undefined
    const { unbounded, ways, isFixed } = all
    all = { unbounded: unbounded + part.unbounded, ways: ways * part.ways, isFixed: isFixed && part.isFixed }
  }
  return all
}

/** One character, a class of them, a place in the text, or a group. */
function atom(reader: Reader): Cost | undefined {
  const { source } = reader
  const from = reader.at
  reader.at += 1
  if (source[from] === '(') return groupOf(reader)
  if (source[from] === '[') return skipClass(reader)
  if (source[from] !== '\\') return ONE
  reader.at += 1
  // a back reference
  return /[1-9k]/.test(source[from + 1] ?? '') ? undefined : ONE
}

function groupOf(reader: Reader): Cost | undefined {
  const opening = /^\?(?:<[A-Za-z]\w*>|:)/.exec(reader.source.slice(reader.at, reader.at + 64))
  if (opening) reader.at += opening[0].length
  else if (reader.source[reader.at] === '?') return undefined
  const inside = alternatives(reader)
  if (reader.source[reader.at] !== ')') return undefined
  reader.at += 1
  return inside
}

function skipClass(reader: Reader): Cost | undefined {
  const { source } = reader
  while (reader.at < source.length && source[reader.at] !== ']') reader.at += source[reader.at] === '\\' ? 2 : 1
  reader.at += 1
  return reader.at <= source.length ? ONE : undefined
}

function repeated(reader: Reader, one: Cost | undefined): Cost | undefined {
  const sign = /^(?:[*+?]|\{(\d+)(,?)(\d*)\})\??/.exec(reader.source.slice(reader.at, reader.at + 32))
  if (!sign || !one) return one
  reader.at += sign[0].length
  const [whole, least, comma, most] = sign
  if (whole.startsWith('?')) return { ...one, ways: one.ways + 1, isFixed: false }
  if (!one.isFixed) return undefined
  const isBounded = least !== undefined && (comma === '' || most !== '')
  if (!isBounded) return { unbounded: 1, ways: 1, isFixed: false }
  const from = Number(least)
  return { unbounded: 0, ways: (comma === '' ? from : Number(most)) - from + 1, isFixed: comma === '' }
}
