/* What is taken of a file when nobody says otherwise, and where somebody has to. */

const USUAL = { theirs: 'theirs', added: 'theirs', removed: 'theirs', yours: 'yours', merged: 'merged' }

export const initialChoice = ({ state }) => USUAL[state]

/** Files that the new version leaves as they are need no choice. */
export const matters = ({ state }) => state !== 'unchanged' && state !== 'same'

/** A conflict stands until somebody has chosen a side or has written the text. */
export const isDue = ({ state }, choice) => state === 'conflict' && choice === undefined

/** The choices that a file has, `[choice, text]`; a text of undefined is a file that is not there. */
export function offered({ state, theirs, yours, merged }) {
  const sides = [
    ['yours', yours],
    ['theirs', theirs],
  ]
  return state === 'merged' ? [['merged', merged], ...sides] : sides
}

/** The text that a choice comes to. */
export function textOf({ theirs, yours, merged }, choice) {
  if (choice && typeof choice === 'object') return choice.text
  if (choice === undefined) return merged ?? yours ?? ''
  return { theirs, yours, merged }[choice] ?? ''
}
