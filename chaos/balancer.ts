import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

/** What stands in front of several workers: each connection goes to the next of them that takes it. */
export class Balancer {
  readonly #server: Server
  readonly #ports: readonly number[]
  readonly #open = new Set<Socket>()
  #turn = 0

  constructor(ports: readonly number[]) {
    this.#ports = ports
    this.#server = createServer((client) => {
      this.#keep(client)
      this.#forward(client, this.#ports.length)
    })
  }

  async start(port: number): Promise<void> {
    this.#server.listen(port, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  async stop(): Promise<void> {
    for (const socket of this.#open) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #forward(client: Socket, tries: number): void {
    if (tries === 0) return void client.destroy()
    this.#turn += 1
    const port = this.#ports[this.#turn % this.#ports.length] as number
    const worker = connect(port, '127.0.0.1')
    this.#keep(worker)
    const next = () => this.#forward(client, tries - 1)
    worker.once('error', next)
    worker.once('connect', () => {
      worker.removeListener('error', next)
      client.pipe(worker).pipe(client)
      worker.once('close', () => client.destroy())
      client.once('close', () => worker.destroy())
    })
  }

  #keep(socket: Socket): void {
    this.#open.add(socket)
    socket.on('error', () => undefined)
    socket.once('close', () => this.#open.delete(socket))
  }
}
