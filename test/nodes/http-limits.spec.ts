import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { flowBench } from '../support/flow-bench.ts'

describe('the HTTP side of the hub', function () {
  this.timeout(20_000)
  const bench = flowBench()

  it('closes a connection whose upgrade nobody takes, and keeps the one of the editor', async () => {
    const { port } = new URL(bench.hub.url)
    const upgrade = async (path: string) => {
      const socket = connect(Number(port), '127.0.0.1')
      await once(socket, 'connect')
      socket.write(
        `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
          'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
      )
      return socket
    }
    const [nobody, editor] = [await upgrade('/api/v1/orders'), await upgrade('/editor/comms')]
    try {
      const [answer] = await once(editor, 'data')
      assert.match(String(answer), /^HTTP\/1\.1 101/)
      await once(nobody, 'close', { signal: AbortSignal.timeout(12_000) })
      assert.equal(nobody.bytesRead, 0)
      assert.equal(editor.destroyed, false)
    } finally {
      nobody.destroy()
      editor.destroy()
    }
  })
})
