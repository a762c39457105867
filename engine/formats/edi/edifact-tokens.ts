import { badFormat } from '../failure.ts'

/** A segment as it stands: elements, each a list of components, released characters resolved. */
export interface Raw {
  tag: string
  at: number
  elements: string[][]
}

interface Characters {
  component: string
  element: string
  release: string
  terminator: string
}

/** What UNA says, or what holds without it (ISO 9735). `from`: where the segments begin. */
export function serviceCharacters(text: string): { characters: Characters; from: number } {
  if (!text.startsWith('UNA'))
    return { characters: { component: ':', element: '+', release: '?', terminator: "'" }, from: 0 }
  const [component = '', element = '', , release = '', , terminator = ''] = text.slice(3, 9)
  const all = [component, element, terminator, ...(release === ' ' ? [] : [release])]
  if (new Set(all).size < all.length || all.some((one) => /^[A-Za-z0-9 ]?$/.test(one)))
    throw badFormat('edifact', 'its service characters cannot be told apart from data', 'segment 1, UNA')
  return { characters: { component, element, release, terminator }, from: 9 }
}

/** Every segment; `isWhole` is false when the last one has no terminator. */
export function tokens(text: string, from: number, characters: Characters): { segments: Raw[]; isWhole: boolean } {
  const { component, element, terminator } = characters
  // No release character is written as a blank.
  const release = characters.release === ' ' ? undefined : characters.release
  const segments: Raw[] = []
  let elements: string[][] = [[]]
  let kept = ''
  let start = from
  const piece = (end: number) => {
    elements.at(-1)!.push(kept + text.slice(start, end))
    kept = ''
    start = end + 1
  }
  for (let i = from; i < text.length; i++) {
    const character = text[i]!
    if (character === release && i + 1 < text.length) {
      kept += text.slice(start, i)
      start = ++i
    } else if (character === terminator) {
      piece(i)
      segments.push(rawOf(elements, segments.length + 1))
      elements = [[]]
    } else if (character === element) {
      piece(i)
      elements.push([])
    } else if (character === component) piece(i)
  }
  piece(text.length)
  const isWhole = elements.length === 1 && elements[0]!.join('').trim() === ''
  if (!isWhole) segments.push(rawOf(elements, segments.length + 1))
  return { segments, isWhole }
}

function rawOf([[tag = ''] = [], ...elements]: string[][], at: number): Raw {
  return { tag: tag.trim(), at, elements }
}
