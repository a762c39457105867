import { t, when } from './text.mjs'

/** Whom a step waits for, in a sentence. */
export function waitLine({ who, partner, code, why, nextTryAt }, labels) {
  const line = t(`waits.${who}`, { partner: labels[partner] ?? partner })
  const reason = why ?? code
  return [line, reason && `(${reason})`, nextTryAt && t('waits.next', { at: when(nextTryAt) })]
    .filter(Boolean)
    .join(' ')
}
