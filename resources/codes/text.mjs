import { textOf } from '../workbench/text.mjs'

/** What the code tables say, in the reader's language. */
export const t = (key, values) => textOf('cartage-codes', `codes.${key}`, values)

export { when } from '../workbench/text.mjs'
