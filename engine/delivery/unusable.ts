import type { FailureReport, Message } from '../store/ports.ts'

/** Header of a message whose bytes were stored but could not be read: `code: reason`. */
export const UNUSABLE_HEADER = 'cartage-unusable'

/** Why a stored message cannot be given to a flow, if so. Somebody who repaired its payload has thereby made it usable. */
export function unusableReason(message: Message): FailureReport | undefined {
  const header = message.payload === null ? message.headers[UNUSABLE_HEADER] : undefined
  if (header === undefined) return undefined
  const [code = 'message.unusable', ...reason] = header.split(': ')
  return { category: 'invalid', code, message: reason.join(': '), causes: [] }
}
