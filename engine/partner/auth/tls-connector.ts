import { buildConnector } from 'undici'

/** How Node names what the other side says when it ends a TLS connection (RFC 8446, 6.2). */
const ALERT = /^ERR_SSL_.*ALERT/

/**
 * Connects as undici does, and hears why a partner breaks off: with TLS 1.3 it judges our certificate only after we have begun to
 * send, and undici would say no more than that the connection ended.
 */
export function tlsConnector(options: buildConnector.BuildOptions): buildConnector.connector {
  const connect = buildConnector(options)
  return (to, done) =>
    connect(to, (...result) => {
      result[1]?.on('error', function (this: { destroy(error: Error): void }, error: Error & { code?: string }) {
        if (ALERT.test(error.code ?? '')) this.destroy(error)
      })
      done(...result)
    })
}
