import { createRequire } from 'node:module'
import type { Socket } from 'node:net'

interface DriverConnection {
  socket: Socket
  onError(error: Error): void
  writeCommand(...args: unknown[]): Promise<void>
}

const MENDED = Symbol.for('cartage.mongodb.shut-sockets')

/**
 * Makes the driver notice a socket that is shut already. mongodb 7.9.0 writes a command to it, is told `false`, and waits for a
 * `drain` that never comes; none of its time-outs ends that (lib/cmap/connection.js, writeCommand; `timeoutMS` has no effect in
 * this version). So an operation begun in the moment in which MongoDB dies would wait for ever, and everybody behind it. A network
 * error instead: the driver takes another connection where it may.
 */
export function mendShutSockets(): void {
  const { Connection } = createRequire(import.meta.url)('mongodb/lib/cmap/connection.js') as {
    Connection: { prototype: DriverConnection & { [MENDED]?: true } }
  }
  const { MongoNetworkError } = createRequire(import.meta.url)('mongodb') as typeof import('mongodb')
  if (Connection.prototype[MENDED]) return
  Connection.prototype[MENDED] = true
  const { writeCommand } = Connection.prototype
  Connection.prototype.writeCommand = function (this: DriverConnection, ...args: unknown[]) {
    const { socket } = this
    return new Promise((resolve, reject) => {
      const shut = () => {
        const error = new MongoNetworkError('the connection was shut while the command was sent')
        this.onError(error)
        reject(error)
      }
      if (socket.destroyed) return shut()
      socket.once('close', shut)
      writeCommand
        .apply(this, args)
        .then(resolve, reject)
        .finally(() => socket.off('close', shut))
    })
  }
}
