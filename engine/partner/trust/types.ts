/** How a partner proves that a webhook is its own, as its template declares it. */

export type HashName = 'sha256' | 'sha384' | 'sha512' | 'sha1'
export type Encoding = 'hex' | 'base64' | 'base64url'
/** How a secret's text becomes the key's bytes. `whsec`: base64 behind an optional `whsec_`. */
export type KeyDecoding = 'text' | 'hex' | 'base64' | 'nfkd' | 'whsec'

/** Where a value stands: in a header, the first of several that is there, or in a field of the JSON body (`data.id`). */
export type Place = { header: string | string[] } | { field: string }

export type SignatureTimestamp = Place & {
  /** When the header is a list like `t=…,v1=…`: the element's prefix. */
  prefix?: string
  unit: 's' | 'ms' | 'iso'
  toleranceSeconds: number
}

export interface HmacSignature {
  type: 'hmac'
  /** In order of preference; the first one present is the one that counts. */
  headers?: string[]
  /** Instead of headers: the field of the JSON body that holds the signature. */
  field?: string
  algorithm: HashName
  encoding: Encoding
  prefix?: string
  prefixOptional?: boolean
  /** The header is a list in which any signature may be the right one, as while the sender rotates its secret. */
  several?: boolean
  keyDecoding?: KeyDecoding
  /** Name of the credential. */
  secret: string
  /**
   * Template of the signed bytes: {body} {timestamp} {id} {method} {path} (with its query) {pathname} {query} {url} (the public
   * one) {header:<name>} {parameter:<name>} (of the query) {field:<path>} (of the body: a text as it is, all else as written).
   */
  signed: string
  timestamp?: SignatureTimestamp
  /** The sender's id of the message, where it is signed. */
  id?: Place
}

/** A shared token: in a header, in the query or in a field of the JSON body where the sender can do no better. */
export interface TokenSignature {
  type: 'token'
  headers?: string[]
  query?: string
  field?: string
  prefix?: string
  secret: string
}

/** HTTP Basic; the credential holds `user:password`. */
export interface BasicSignature {
  type: 'basic'
  headers?: string[]
  secret: string
}

export type JwtAlgorithm = `${'HS' | 'RS' | 'PS' | 'ES'}${256 | 384 | 512}` | 'EdDSA'

/** A JSON web token (RFC 7519). Which algorithms count is said here: what the token says of itself is only compared with it. */
export interface JwtSignature {
  type: 'jwt'
  /** `authorization` when left out. */
  headers?: string[]
  /** `Bearer ` when left out. */
  prefix?: string
  algorithms: JwtAlgorithm[]
  /** What the credential holds: a shared secret, a public key (PEM, several one after another) or a key set (JWKS). */
  key: 'secret' | 'public' | 'jwks'
  keyDecoding?: KeyDecoding
  secret: string
  /** What `iss`, `aud` and `sub` must be; `{name}` is a credential or parameter of the account. */
  issuer?: string
  audience?: string
  subject?: string
  /** Seconds that clocks may differ; 60 when left out. */
  toleranceSeconds?: number
  /** Oldest token in seconds by its `iat`; without it the token must have an `exp`. */
  maxAgeSeconds?: number
  /** The claim that holds the hash of the raw body: without one a token says who sends, not what. */
  bodyHash?: { claim: string; algorithm: HashName; encoding: Encoding }
}

/** Mutual TLS: the client's certificate, from the connection or from a proxy that is trusted. */
export interface MtlsSignature {
  type: 'mtls'
  /**
   * `fingerprint`: the credential holds SHA-256 fingerprints. `subject`: it holds `CN=…`, any attribute of the subject, and the
   * certificate must come from an authority that the hub (or the proxy) trusts.
   */
  match: 'fingerprint' | 'subject'
  secret: string
}

/**
 * Standard Webhooks (standardwebhooks.com): id, time and body under `webhook-…` headers, or under those of another prefix. The
 * credential holds the shared secret (`whsec_…`) or the sender's public key (`whpk_…`).
 */
export interface StandardSignature {
  type: 'standard-webhooks'
  /** `webhook` when left out; `svix` is in use, too. */
  names?: string
  toleranceSeconds?: number
  secret: string
}

export type OneSignature =
  | HmacSignature
  | TokenSignature
  | BasicSignature
  | JwtSignature
  | MtlsSignature
  | StandardSignature

/**
 * `all`: each must hold (a token and a certificate). `any`: one suffices, whichever way the account is set up at the partner; what
 * has no secret on the partner node lets nobody in.
 */
export type Signature = OneSignature | { type: 'all' | 'any'; of: OneSignature[] } | { type: 'none' }

/** How the partner checks that the address is ours before it sends events. */
export interface Handshake {
  method: string
  /** Only a request with this value is the check; without `equals` whatever the value. */
  when?: { query?: string; field?: string; header?: string; equals?: string }
  /** Only when the request has no body (a registration ping on the event path). */
  emptyBody?: boolean
  /** The check itself carries the partner's signature, and without it is turned away. */
  signed?: boolean
  /** The check carries this credential as a token in the query, and without it is turned away. */
  token?: { query: string; secret: string }
  /** Answer with the value of this query parameter. */
  echoQuery?: string
  /** Answer with the value of this field of the JSON body. */
  echoField?: string
  /** Answer with a header that repeats one of the request. */
  echoHeader?: { from: string; to: string }
  /** The echoed value goes into a JSON object under this name instead of being the answer. */
  as?: string
  /** Beside the echo: the value's HMAC, by which the partner sees that we know the secret. */
  proof?: { as: string; algorithm: HashName; encoding: Encoding; prefix?: string; secret: string }
  answer?: { status?: number; body?: unknown }
}
