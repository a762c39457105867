import { createHash } from 'node:crypto'
import { Transform } from 'node:stream'

/** A stream that hands on what it is given, and in the end says its size and SHA-256. */
export function hashing(): { through: Transform; result: () => { hash: string; size: number } } {
  const hash = createHash('sha256')
  let size = 0
  const through = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk)
      size += chunk.length
      done(null, chunk)
    },
  })
  return { through, result: () => ({ hash: hash.digest('hex'), size }) }
}
