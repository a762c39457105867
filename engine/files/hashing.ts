import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { tooLarge } from './too-large.ts'

/** Writes what comes to a file that only this user reads, or `files.too-large` after `maxBytes`. `hash`: SHA-256, hex. */
export async function copied(
  from: NodeJS.ReadableStream,
  file: string,
  maxBytes: number,
): Promise<{ hash: string; size: number }> {
  const hash = createHash('sha256')
  let size = 0
  const through = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk)
      size += chunk.length
      if (size > maxBytes) done(tooLarge(maxBytes))
      else done(null, chunk)
    },
  })
  await pipeline(from, through, createWriteStream(file, { mode: 0o600 }))
  return { hash: hash.digest('hex'), size }
}

/** SHA-256 of what comes, hex. */
export async function hashOf(from: NodeJS.ReadableStream): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of from) hash.update(chunk as Buffer)
  return hash.digest('hex')
}
