import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export const tlsFixtures = join(import.meta.dirname, '../fixtures/tls')

/**
 * A TLS server that judges client certificates as most do, by OpenSSL itself, and says why it breaks off (Node's own only closes).
 * Undefined where the machine has no `openssl`.
 */
export async function judgingServer(): Promise<{ port: number; close(): Promise<void> } | undefined> {
  const judge = ['-Verify', '2', '-verify_return_error', '-CAfile', 'client-ca.crt']
  const args = ['s_server', '-accept', '127.0.0.1:0', '-cert', 'server.crt', '-key', 'server.key', ...judge, '-www']
  const child = spawn('openssl', args, { cwd: tlsFixtures, stdio: ['ignore', 'pipe', 'ignore'] })
  const ended = once(child, 'close').catch(() => undefined)
  for await (const line of createInterface(child.stdout)) {
    const port = /^ACCEPT .*:(\d+)$/.exec(line)?.[1]
    if (port === undefined) continue
    child.stdout.resume()
    return {
      port: Number(port),
      close: async () => {
        child.kill('SIGKILL')
        await ended
      },
    }
  }
  await ended
  return undefined
}
