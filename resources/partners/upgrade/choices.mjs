/* What is taken of a file when nobody says otherwise, and where somebody has to. */

const USUAL = { theirs: 'theirs', added: 'theirs', removed: 'theirs', yours: 'yours', merged: 'merged' }

export const initialChoice = ({ state }) => USUAL[state]

/** A conflict stands until somebody has chosen a side or has written the text. */
export const isDue = ({ state }, choice) => state === 'conflict' && choice === undefined

/** The choices that a file has, `[choice, text]`; a text of undefined is a file that is not there. */
export function offered({ state, theirs, yours, merged }) {
  const all = [
    ['yours', yours],
    ['theirs', theirs],
  ]
  return state === 'merged' ? [['merged', merged], ...all] : all
}

/** The text that a choice comes to. */
export function textOf({ theirs, yours, merged }, choice) {
  if (choice && typeof choice === 'object') return choice.text
  return { theirs, yours, merged }[choice] ?? merged ?? yours ?? theirs ?? ''
}
