import { textOf } from '../workbench/text.mjs'

/** What the orders' sidebar says, in the reader's language. */
export const t = (key, values) => textOf('cartage-orders', `orders.${key}`, values)

export { when } from '../workbench/text.mjs'
