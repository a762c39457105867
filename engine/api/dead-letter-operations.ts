import type { Operation } from './call.ts'
import {
  countDeadLetters,
  discardDeadLetter,
  editDeadLetter,
  findDeadLetters,
  getDeadLetter,
  getDeadLetterRaw,
  rehearseDeadLetter,
  replayDeadLetter,
  undoDeadLetterEdit,
} from './dead-letters.ts'
import { findReplays, getReplay, prepareReplay, rehearseReplay, startReplay, stopReplay } from './replays.ts'

const ALL = '/api/v1/dead-letters'
const ONE = `${ALL}/{subscription}/{messageId}`
const REPLAYS = '/api/v1/replays'
const REPLAY = `${REPLAYS}/{replayId}`

type Row = [operationId: string, method: Operation['method'], path: string, handle: Operation['handle']]

const ROWS: Row[] = [
  ['findDeadLetters', 'GET', ALL, findDeadLetters],
  ['countDeadLetters', 'GET', `${ALL}/count`, countDeadLetters],
  ['getDeadLetter', 'GET', ONE, getDeadLetter],
  ['getDeadLetterRaw', 'GET', `${ONE}/raw`, getDeadLetterRaw],
  ['editDeadLetter', 'PUT', `${ONE}/payload`, editDeadLetter],
  ['undoDeadLetterEdit', 'DELETE', `${ONE}/payload`, undoDeadLetterEdit],
  ['discardDeadLetter', 'POST', `${ONE}/discard`, discardDeadLetter],
  ['replayDeadLetter', 'POST', `${ONE}/replay`, replayDeadLetter],
  ['rehearseDeadLetter', 'POST', `${ONE}/dry-run`, rehearseDeadLetter],
  ['prepareReplay', 'POST', REPLAYS, prepareReplay],
  ['findReplays', 'GET', REPLAYS, findReplays],
  ['getReplay', 'GET', REPLAY, getReplay],
  ['startReplay', 'POST', `${REPLAY}/start`, startReplay],
  ['stopReplay', 'POST', `${REPLAY}/stop`, stopReplay],
  ['rehearseReplay', 'POST', `${REPLAY}/dry-run`, rehearseReplay],
]

/** Repair and replay are for operators. */
export const DEAD_LETTER_OPERATIONS: readonly Operation[] = ROWS.map(([operationId, method, path, handle]) => ({
  operationId,
  method,
  path,
  roles: ['operator'],
  handle,
}))
