import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { badFormat } from '../formats/failure.ts'
import type { DocumentFormat } from '../partner/profile-types.ts'

/** The text of a file, piece by piece; bytes that are not of its encoding are refused, as they are in documents. */
export async function* textsOf(
  file: string,
  format: DocumentFormat,
  charset: string | undefined,
): AsyncGenerator<string> {
  const decoder = decoderFor(format, await firstBytes(file), charset)
  try {
    for await (const chunk of createReadStream(file)) {
      const text = decoder.decode(chunk as Buffer, { stream: true })
      if (text !== '') yield text
    }
    const rest = decoder.decode()
    if (rest !== '') yield rest
  } catch (error) {
    if (error instanceof TypeError) throw badFormat(format, `it is not in ${decoder.encoding}`)
    throw error
  }
}

function decoderFor(format: DocumentFormat, head: Uint8Array, charset = 'utf-8'): TextDecoder {
  const isUtf16 = (head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff)
  const name = isUtf16 ? (head[0] === 0xff ? 'utf-16le' : 'utf-16be') : charset
  try {
    return new TextDecoder(name, { fatal: true })
  } catch {
    throw badFormat(format, 'it declares an encoding that nobody knows')
  }
}

async function firstBytes(file: string): Promise<Uint8Array> {
  const handle = await open(file)
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await handle.close()
  }
}
