import { createHash } from 'node:crypto'

/** What can stand in a header of HTTP as it is. */
const SAYABLE = /^[\x21-\x7e]{1,128}$/

/**
 * The correlation of an order as headers of a request to a partner: the id itself, and a W3C trace context with a trace that is the
 * order's own. An id that came from a caller's `traceparent` is that caller's trace, which so goes on. `step` tells the calls of one
 * order apart.
 */
export function traceHeaders(correlationId: string, step: string): Record<string, string> {
  const trace =
    /^[0-9a-f]{32}$/.test(correlationId) && !/^0+$/.test(correlationId) ? correlationId : hex(correlationId, 32)
  return {
    ...(SAYABLE.test(correlationId) && { 'x-correlation-id': correlationId }),
    traceparent: `00-${trace}-${hex(`${correlationId} ${step}`, 16)}-01`,
  }
}

function hex(text: string, length: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, length)
}
