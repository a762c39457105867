import { type CryptoKey, importPKCS8, SignJWT } from 'jose'
import type { Clock } from '../../store/ports.ts'
import { fillNames } from '../template.ts'
import type { AuthContext, Authenticator } from './authenticator.ts'
import { setBearer } from './fixed.ts'
import { keyBytes, unusable } from './key-bytes.ts'
import { PartnerClock } from './partner-clock.ts'
import { pemOf } from './pem.ts'
import type { Claim, SignedToken, TokenClaims } from './types.ts'

/** Signs tokens (RFC 7519) as the profile says. */
export class TokenSigner {
  readonly #auth: TokenClaims
  readonly #values: AuthContext['values']
  readonly #clock: Clock
  #key: Promise<CryptoKey | Uint8Array> | undefined

  constructor(auth: TokenClaims, values: AuthContext['values'], clock: Clock) {
    this.#auth = auth
    this.#values = values
    this.#clock = clock
  }

  async sign(): Promise<string> {
    const { algorithm, header = {}, claims, lifetimeSeconds } = this.#auth
    this.#key ??= this.#readKey()
    const key = await this.#key
    const seconds = Math.floor(this.#clock.now() / 1000)
    const protectedHeader = { alg: algorithm, typ: 'JWT', ...this.#filled(header) }
    const token = new SignJWT({ ...this.#filled(claims) } as Record<string, string>)
    token
      .setProtectedHeader(protectedHeader)
      .setIssuedAt(seconds)
      .setExpirationTime(seconds + lifetimeSeconds)
    return token.sign(key).catch(() => {
      throw unusable(`the key does not fit ${algorithm}`)
    })
  }

  #filled<T extends Claim>(texts: Record<string, T>): Record<string, Claim> {
    const fill = (value: Claim): Claim =>
      Array.isArray(value)
        ? value.map((one) => fillNames(one, this.#values))
        : typeof value === 'string'
          ? fillNames(value, this.#values)
          : value
    return Object.fromEntries(Object.entries(texts).map(([name, value]) => [name, fill(value)]))
  }

  async #readKey(): Promise<CryptoKey | Uint8Array> {
    const { algorithm, key, keyDecoding } = this.#auth
    const text = fillNames(key, this.#values)
    if (algorithm.startsWith('HS')) return keyBytes(text, keyDecoding)
    const name = /^\{(\w+)\}$/.exec(key)?.[1] ?? 'key'
    const pem = pemOf(name, text)
    return importPKCS8(pem, algorithm).catch(() => {
      throw unusable(`credential "${name}" is no private key for ${algorithm} in PKCS #8`)
    })
  }
}

/** A token of our own on every request, signed anew for each. */
export function signedTokenProof(auth: SignedToken, context: AuthContext): Authenticator {
  const clock = new PartnerClock(context.clock)
  const signer = new TokenSigner(auth, context.values, clock)
  let last = ''
  return {
    async apply(request) {
      last = await signer.sign()
      setBearer(request, last)
      return undefined
    },
    renew: async (_used, answer) => clock.learn(answer),
    secrets: () => [last],
  }
}
