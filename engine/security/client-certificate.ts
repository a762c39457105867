import { X509Certificate } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { BlockList, isIP } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { ClientCertificate } from '../partner/trust/signature.ts'

/** A certificate with its key in 4096 bits has about 2,000 bytes; in PEM and URL encoding some more. */
const MAX_HEADER = 16_384

/**
 * Reads the certificate with which a client opened the connection: from the connection itself or, where a proxy ends TLS, from
 * the header that it sets. The header counts from a trusted proxy only: anybody else can write whatever certificate is public.
 */
export function certificateReader(config: {
  trustedProxy?: string[] | undefined
  clientCertificateHeader?: string | undefined
}): (request: IncomingMessage) => ClientCertificate | undefined {
  const header = config.clientCertificateHeader?.toLowerCase()
  const proxies = listOf(config.trustedProxy ?? [])
  return (request) => {
    const { socket } = request
    const direct = 'getPeerX509Certificate' in socket ? (socket as TLSSocket).getPeerX509Certificate() : undefined
    if (direct) return { x509: direct, authorised: (socket as TLSSocket).authorized }
    const value = header === undefined ? undefined : request.headers[header]
    if (typeof value !== 'string' || value.length > MAX_HEADER || !isTrusted(proxies, socket.remoteAddress))
      return undefined
    const x509 = certificateIn(value)
    return x509 && { x509, authorised: true }
  }
}

function certificateIn(value: string): X509Certificate | undefined {
  try {
    const bytes = /^:([A-Za-z0-9+/]+={0,2}):$/.exec(value)?.[1]
    return new X509Certificate(bytes === undefined ? decodeURIComponent(value) : Buffer.from(bytes, 'base64'))
  } catch {
    return undefined
  }
}

function listOf(addresses: string[]): BlockList {
  const list = new BlockList()
  for (const entry of addresses.flatMap((one) => (one === 'loopback' ? ['127.0.0.0/8', '::1'] : [one]))) {
    const [address, bits] = entry.split('/')
    const family = isIP(address!) === 6 ? 'ipv6' : 'ipv4'
    if (bits === undefined) list.addAddress(address!, family)
    else list.addSubnet(address!, Number(bits), family)
  }
  return list
}

function isTrusted(proxies: BlockList, address: string | undefined): boolean {
  if (address === undefined) return false
  return proxies.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
}
