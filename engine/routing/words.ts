/** What a failing expression may be quoted with: an error that it raises itself may quote the shipment, and with it a person. */
export function wordsOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message.startsWith('D3137') ? 'D3137: it raises an error of its own' : message
}
