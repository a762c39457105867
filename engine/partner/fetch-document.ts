import { CartageError } from '../errors.ts'
import { AddressGuard } from './address.ts'
import { Transport } from './transport.ts'

const DEADLINE_MS = 30_000

/**
 * Gets a file that a partner named by address (a photo, a signature): checked address, no redirects, a limit on bytes and
 * on the whole time. Throws `invalid` for what will never be there, `transient` for what may come.
 */
export async function fetchDocument(
  url: string,
  options: { maxBytes: number; allowPrivateAddresses: boolean },
): Promise<Uint8Array> {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (!parsed || !['http:', 'https:'].includes(parsed.protocol) || parsed.username || parsed.password)
    throw new CartageError(
      'invalid',
      'document.address',
      'the address of the document is not one that may be fetched',
      { field: 'url' },
    )
  const guard = new AddressGuard({ allowPrivateAddresses: options.allowPrivateAddresses })
  const transport = new Transport({ guard, connections: 1, maxResponseBytes: options.maxBytes })
  try {
    const answer = await transport.send({ method: 'GET', url: parsed, headers: {} }, AbortSignal.timeout(DEADLINE_MS))
    if (answer.status === 200 && isPage(answer.headers['content-type']))
      throw new CartageError('transient', 'document.page', 'a page for people came instead of the document')
    if (answer.status === 200) return answer.bytes
    const passing = answer.status >= 500 || answer.status === 429 || answer.status === 408
    throw new CartageError(
      passing ? 'transient' : 'invalid',
      'document.status',
      `the document's address answered ${answer.status}`,
    )
  } catch (error) {
    // A file does not shrink: other than an answer of an API that went wrong, it is as large next time.
    if (error instanceof CartageError && error.code === 'partner.answer-too-large')
      throw new CartageError('invalid', 'document.too-large', error.message, { field: 'url', cause: error })
    throw error
  } finally {
    await transport.close()
  }
}

/** A login or error page with status 200: the document itself may well come next time. */
function isPage(contentType = ''): boolean {
  return contentType.split(';', 1)[0]?.trim().toLowerCase() === 'text/html'
}
