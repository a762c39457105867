import { lookup as dnsLookup } from 'node:dns/promises'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { CartageError } from '../errors.ts'

export interface ResolvedAddress {
  address: string
  family: 4 | 6
}

export type Resolve = (hostname: string) => Promise<ResolvedAddress[]>

export interface AddressPolicy {
  /** Loopback and private networks may be called, and plain http: for simulators and systems in the same house. */
  allowPrivateAddresses: boolean
  /** Name resolution; the system's when left out. */
  resolve?: Resolve
}

type Subnet = [address: string, bits: number]

/** Of use inside a house, when that is allowed. IANA special-purpose registries (RFC 6890), RFC 1918, RFC 6598, RFC 4193. */
const PRIVATE_V4: Subnet[] = [
  ['10.0.0.0', 8],
  ['127.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
]
const PRIVATE_V6: Subnet[] = [
  ['::1', 128],
  ['fc00::', 7],
]

/** Of use to nobody who calls a partner: link-local with the clouds' metadata services, this-host, multicast, documentation. */
const NEVER_V4: Subnet[] = [
  ['0.0.0.0', 8],
  ['169.254.0.0', 16],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  ['100.100.100.200', 32],
]
/** Outside of 2000::/3 nothing is global unicast (RFC 4291). Inside, tunnels hide an IPv4 address that is not ours to see. */
const GLOBAL_V6: Subnet[] = [['2000::', 3]]
const NEVER_V6: Subnet[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
  ['fd00:ec2::254', 128],
]
/** The IPv4 rules decide on these (BlockList applies them to ::ffff:a.b.c.d by itself). */
const MAPPED_V4: Subnet[] = [['::ffff:0:0', 96]]

/** Decides which addresses may be connected to, and connects to exactly those that it looked at. */
export class AddressGuard {
  readonly #policy: AddressPolicy
  readonly #never = blockList(NEVER_V4, NEVER_V6)
  readonly #private = blockList(PRIVATE_V4, PRIVATE_V6)
  readonly #knownV6 = blockList([], [...GLOBAL_V6, ...MAPPED_V4, ...PRIVATE_V6])

  constructor(policy: AddressPolicy) {
    this.#policy = policy
  }

  /** The URL when its form may be called: https (http only inside the house), no user info, no address literal that is refused. */
  checkUrl(text: string): URL {
    const url = URL.parse(text)
    if (!url) throw refused('partner.url', 'the address is not a URL')
    const plainAllowed = url.protocol === 'http:' && this.#policy.allowPrivateAddresses
    if (url.protocol !== 'https:' && !plainAllowed)
      throw refused('partner.url', `${url.protocol} is not allowed, only https:`)
    if (url.username !== '' || url.password !== '')
      throw refused('partner.url', 'user info in the address is not allowed')
    // Node connects to a literal without asking `lookup`, so it is looked at here. URL has already turned 0x7f.1 into 127.0.0.1.
    const host = url.hostname.replace(/^\[|\]$/g, '')
    if (isIP(host) !== 0) this.check(host)
    return url
  }

  /** Throws `partner.address-refused` unless a connection to the address is allowed. */
  check(address: string): void {
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (isIP(address) === 0 || address.includes('%') || this.#never.check(address, family))
      throw refusedAddress(address)
    if (family === 'ipv6' && !this.#knownV6.check(address, family)) throw refusedAddress(address)
    if (this.#private.check(address, family) && !this.#policy.allowPrivateAddresses) throw refusedAddress(address)
  }

  /**
   * For `net.connect`: resolves once, refuses when any address of the name is refused, and hands over the very addresses that were
   * checked. A name that resolves differently a moment later (DNS rebinding) gains nothing.
   */
  readonly lookup: LookupFunction = (hostname, options, callback) => {
    this.#resolveChecked(hostname).then(
      (addresses) => {
        if (options.all) callback(null, addresses)
        else callback(null, addresses[0]!.address, addresses[0]!.family)
      },
      (error: NodeJS.ErrnoException) => callback(error, ''),
    )
  }

  async #resolveChecked(hostname: string): Promise<ResolvedAddress[]> {
    const addresses = await (this.#policy.resolve ?? systemResolve)(hostname)
    if (addresses.length === 0) throw Object.assign(new Error(`no address for ${hostname}`), { code: 'ENOTFOUND' })
    for (const { address } of addresses) this.check(address)
    return addresses
  }
}

async function systemResolve(hostname: string): Promise<ResolvedAddress[]> {
  const found = await dnsLookup(hostname, { all: true })
  return found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }))
}

function blockList(v4: Subnet[], v6: Subnet[]): BlockList {
  const list = new BlockList()
  for (const [address, bits] of v4) list.addSubnet(address, bits, 'ipv4')
  for (const [address, bits] of v6) list.addSubnet(address, bits, 'ipv6')
  return list
}

function refused(code: string, message: string): CartageError {
  return new CartageError('invalid', code, message)
}

function refusedAddress(address: string): CartageError {
  return refused('partner.address-refused', `${address} may not be called`)
}
