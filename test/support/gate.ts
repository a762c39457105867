import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A web server whose answers the test holds back: it shows that something is still under way, without sleeping. */
export interface Gate {
  url: string
  /** Resolves when the n-th request has arrived (counted from 1). */
  arrived(count: number): Promise<void>
  /** How many requests have arrived. */
  count(): number
  /** Answer everything that waits, and everything that comes from now on. */
  open(): void
  close(): Promise<void>
}

export async function openGate(): Promise<Gate> {
  const held: ServerResponse[] = []
  const waiters: { count: number; resolve: () => void }[] = []
  let arrivals = 0
  let opened = false
  const server = createServer((_request, response) => {
    arrivals += 1
    if (opened) response.end('ok')
    else held.push(response)
    for (const waiter of waiters) if (arrivals >= waiter.count) waiter.resolve()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    arrived: (count) => new Promise((resolve) => (arrivals >= count ? resolve() : waiters.push({ count, resolve }))),
    count: () => arrivals,
    open() {
      opened = true
      for (const response of held.splice(0)) response.end('ok')
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
