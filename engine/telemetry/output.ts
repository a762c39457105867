import { fstatSync, writeSync } from 'node:fs'

/**
 * A log that cannot be written must not end the hub. When stdout or stderr is a file on a full disk, Node throws out of
 * every `console.log` and never writes to that stream again; with this the line is dropped, and the next one written when
 * there is room.
 */
export function outliveFullLog(
  streams: readonly (NodeJS.WriteStream & { fd: number })[] = [process.stdout, process.stderr],
): void {
  for (const stream of streams) {
    if (!fstatSync(stream.fd).isFile()) continue
    stream._write = (chunk: Uint8Array, _encoding, done) => {
      try {
        writeSync(stream.fd, chunk)
      } catch {
        // nobody could be told: the log itself is what is full
      }
      done()
    }
  }
}
