/**
 * How `manifest.auth` says that we prove who we are. In every text `{name}` stands for a credential, a parameter, or a value that
 * the kind itself gives.
 */
export type Auth = OneAuth | Choice
export type OneAuth = Around & (Fixed | OAuth2 | SignedToken | SignedRequest | OAuth1 | Assertion | LogIn)

/** A partner that lets in by several ways: the first one counts for which the account has all that it names. */
export interface Choice {
  type: 'choice'
  of: OneAuth[]
}

/** What may stand beside any kind. */
export interface Around {
  csrf?: Csrf
  mtls?: ClientCertificate
}

export interface Csrf {
  /** Path of the GET that hands out the token; must be free of effects. */
  fetchPath: string
  /** Header that asks for, carries and reports the token, as in OData gateways: `x-csrf-token`. */
  header: string
}

/** Mutual TLS: the names of the credentials that hold PEM, or `file:` with a path to it. */
export interface ClientCertificate {
  certificate: string
  key: string
  /** Authorities of the partner's own certificate, where it is none that everybody knows. */
  ca?: string
  /** The partner can do without. */
  optional?: boolean
}

/** The same proof on every request. */
export type Fixed =
  | { type: 'none' }
  | { type: 'basic'; username: string; password: string }
  | { type: 'bearer'; token: string }
  | { type: 'header'; name: string; value: string }
  | { type: 'query'; name: string; value: string }

/** Where and how a token is asked for. */
export interface TokenService {
  /** Absolute, or a path below the base address. */
  tokenUrl: string
  scope?: string
  /** What else stands in the token request: an account, a service user's name and password. */
  fields?: Record<string, string>
  /** How the token request's body is written. */
  style?: 'form' | 'json'
}

/**
 * OAuth 2.0 client credentials (RFC 6749, 4.4), or with a `grant_type` of its own among `fields` another grant that needs no
 * person. With `refreshToken`, which a person got by signing in, tokens are renewed by it (RFC 6749, 6).
 */
export interface OAuth2 extends TokenService {
  type: 'oauth2'
  clientId: string
  clientSecret: string
  /** Where the client's credentials go: in the body (default) or in a Basic header. */
  clientAuth?: 'body' | 'basic'
  refreshToken?: string
}

export type Claim = string | number | boolean | string[]

/** A token that we sign ourselves (RFC 7519). `iat` and `exp` are added. */
export interface TokenClaims {
  /** HS…: with a shared secret. PS…, RS…, ES…, EdDSA: with a private key, PKCS #8 in PEM. */
  algorithm: 'HS256' | 'HS384' | 'HS512' | 'RS256' | 'PS256' | 'PS384' | 'ES256' | 'ES384' | 'EdDSA'
  key: string
  /** How a shared secret's text becomes the key's bytes. */
  keyDecoding?: 'text' | 'hex' | 'base64' | 'base64url'
  /** Beside `alg`; `typ` is `JWT` unless it says otherwise. */
  header?: Record<string, string>
  claims: Record<string, Claim>
  lifetimeSeconds: number
}

/** A signed token of our own as bearer token of every request. */
export interface SignedToken extends TokenClaims {
  type: 'jwt'
}

/** A signed token of our own is given for an access token (RFC 7523). */
export interface Assertion extends TokenClaims, TokenService {
  type: 'jwt-bearer'
  /** `grant` (RFC 7523, 2.1, default): the token is the grant. `client`: it stands for the client's secret (2.2). */
  use?: 'grant' | 'client'
}

/**
 * Every request is signed. Beside credentials and parameters there are `{timestamp}` `{nonce}` `{method}` `{path}` (without its
 * query) `{query}` (with its `?`) `{host}` `{url}` `{body}` `{bodyHash}` (SHA-256, hex), and in headers `{signature}`.
 */
export interface SignedRequest {
  type: 'hmac'
  algorithm: 'sha256' | 'sha512' | 'sha1'
  encoding: 'hex' | 'base64'
  key: string
  keyDecoding?: 'text' | 'hex' | 'base64'
  timestamp?: 's' | 'ms' | 'iso'
  signed: string
  headers: Record<string, string>
}

/** OAuth 1.0a with a token that was issued once and for all (RFC 5849, 3). */
export interface OAuth1 {
  type: 'oauth1'
  consumerKey: string
  consumerSecret: string
  token: string
  tokenSecret: string
  realm?: string
  signatureMethod?: 'HMAC-SHA256' | 'HMAC-SHA1'
}

/**
 * One operation logs in; what its answer holds under the names of `gives` is shown with every other request: in `headers` and
 * `query`, or where the operations' own mappings and addresses put `$session.<name>` (`session.<name>` in addresses).
 */
export interface LogIn {
  type: 'session'
  /** The operation. Its request mapping sees `input`. */
  login: string
  input: Record<string, string>
  gives: string[]
  headers?: Record<string, string>
  query?: Record<string, string>
  /** Of `gives`, the one that says until when: RFC 3339, or local time that is taken for UTC. */
  expires?: string
  /** When nothing says until when. */
  lifetimeSeconds?: number
  /** JSONata over {status, headers, body}: true when the partner no longer knows the session. Default: status 401. */
  expired?: string
}
