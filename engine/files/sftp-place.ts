import { createHash, timingSafeEqual } from 'node:crypto'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import SftpClient from 'ssh2-sftp-client'
import { CartageError } from '../errors.ts'
import { copied, hashOf } from './hashing.ts'
import { type Entry, fileFailure, isMissing, type Moved, type Place, partsOf } from './place.ts'

export interface SftpAccount {
  /** An address that was looked at, not a name that might lead elsewhere a moment later. */
  address: string
  port: number
  /** For people. */
  host: string
  /** Below what the server shows after the log-in when it does not begin with `/`; empty: just that. */
  folder: string
  username: string
  password?: string
  privateKey?: string
  passphrase?: string
  /** `SHA256:…` of the server's key. */
  hostKey: string
}

const CONNECT_MS = 20_000
/** Of one answer of the server, and of a piece of a file. */
const ANSWER_MS = 60_000
const ALIVE_MS = 10_000
/** Errors that say that the server is away, not that it said no. */
const AWAY =
  /ECONN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EPIPE|Timed out|Unexpected (end|close)|Not connected|ended by the server|No response|Premature close|Keepalive/i

/** A folder of an SFTP server, over one connection that was made for it and is closed after. */
export class SftpPlace implements Place {
  readonly #client: SftpClient
  readonly #account: SftpAccount

  private constructor(client: SftpClient, account: SftpAccount) {
    this.#client = client
    this.#account = account
  }

  /** Connects, or says why not: `files.host-key` (unauthorised: it is another server), `files.unauthorised`, `files.away`. */
  static async connect(account: SftpAccount): Promise<SftpPlace> {
    const nothing = () => {}
    const client = new SftpClient('cartage', { error: nothing, end: nothing, close: nothing })
    let known = true
    try {
      await client.connect({
        ...{ host: account.address, port: account.port, username: account.username },
        ...(account.password !== undefined && { password: account.password }),
        ...(account.privateKey !== undefined && { privateKey: account.privateKey }),
        ...(account.passphrase !== undefined && { passphrase: account.passphrase }),
        ...{ readyTimeout: CONNECT_MS, keepaliveInterval: ALIVE_MS, keepaliveCountMax: 3 },
        hostVerifier: (key: Buffer) => {
          known = isPinned(key, account.hostKey)
          return known
        },
      })
      return new SftpPlace(client, account)
    } catch (error) {
      await client.end().catch(nothing)
      throw connectFailure(error, known, account)
    }
  }

  list(folder: string): Promise<Entry[]> {
    return this.#run(folder, async (path) => {
      try {
        return (await this.#client.list(path)).map(({ name, size, modifyTime, type }): Entry => {
          const kind = type === '-' ? 'file' : type === 'd' ? 'folder' : 'other'
          return { name, size, modifiedAt: modifyTime, kind }
        })
      } catch (error) {
        if (isGone(error)) return []
        throw error
      }
    })
  }

  fetch(path: string, localFile: string, maxBytes: number): Promise<{ hash: string; size: number } | undefined> {
    return this.#read(path, (stream) => copied(stream, localFile, maxBytes))
  }

  hashOf(path: string): Promise<string | undefined> {
    return this.#read(path, hashOf)
  }

  put(path: string, bytes: Uint8Array): Promise<void> {
    return this.#run(path, async (remote) => {
      await this.#makeFolder(path)
      // Not by the client's own way, which takes a file that a full disk cut short for written.
      await pipeline(Readable.from([Buffer.from(bytes)]), this.#client.createWriteStream(remote))
    })
  }

  move(from: string, to: string): Promise<Moved> {
    return this.#run(from, async (source) => {
      await this.#makeFolder(to)
      const target = this.#absolute(to)
      try {
        // By the protocol's own rename, which fails where the name is taken; the extension of the same name does not.
        await this.#client.rename(source, target)
        return 'moved'
      } catch (error) {
        if (isGone(error)) return 'missing'
        if (await this.#client.exists(target)) return 'taken'
        throw error
      }
    })
  }

  remove(path: string): Promise<void> {
    return this.#run(path, async (remote) => {
      await this.#client.delete(remote, true)
    })
  }

  async close(): Promise<void> {
    await this.#client.end().catch(() => {})
  }

  async #read<T>(path: string, use: (stream: NodeJS.ReadableStream) => Promise<T>): Promise<T | undefined> {
    return this.#run(path, async (remote) => {
      const found = await this.#client.exists(remote)
      if (found === false) return undefined
      if (found !== '-') throw new CartageError('invalid', 'files.path', `${path}: a link is not followed`)
      const stream = this.#client.createReadStream(remote) as NodeJS.ReadableStream & { destroy(error: Error): void }
      let timer = setTimeout(() => stream.destroy(stalled()), ANSWER_MS)
      stream.on('data', () => {
        clearTimeout(timer)
        timer = setTimeout(() => stream.destroy(stalled()), ANSWER_MS)
      })
      try {
        return await use(stream)
      } finally {
        clearTimeout(timer)
      }
    })
  }

  async #makeFolder(path: string): Promise<void> {
    const folder = partsOf(path).slice(0, -1).join('/')
    if (folder === '') return
    const absolute = this.#absolute(folder)
    if ((await this.#client.exists(absolute)) === false) await this.#client.mkdir(absolute, true)
  }

  #absolute(path: string): string {
    const { folder } = this.#account
    return folder === '' ? partsOf(path).join('/') : `${folder}/${partsOf(path).join('/')}`
  }

  async #run<T>(path: string, work: (absolute: string) => Promise<T>): Promise<T> {
    const { host } = this.#account
    try {
      return await work(this.#absolute(path))
    } catch (error) {
      if (error instanceof CartageError) throw error
      const message = error instanceof Error ? error.message : String(error)
      const { code = '' } = error as { code?: string }
      if (AWAY.test(code) || AWAY.test(message)) throw away(host, error)
      // The server's numbers: 3 is "permission denied".
      if (String(code) === '3')
        throw fileFailure(Object.assign(new Error(message), { code: 'EACCES' }), `${host}/${path}`)
      throw fileFailure(error, `${host}/${path}`)
    }
  }
}

/** 2 is the protocol's own "no such file". */
function isGone(error: unknown): boolean {
  return isMissing(error) || String((error as { code?: unknown }).code) === '2'
}

function isPinned(key: Buffer, pinned: string): boolean {
  const digest = createHash('sha256').update(key).digest()
  const expected = Buffer.from(pinned.replace(/^SHA256:/, ''), 'base64')
  return expected.length === digest.length && timingSafeEqual(expected, digest)
}

function connectFailure(error: unknown, known: boolean, { host }: SftpAccount): CartageError {
  if (!known)
    return new CartageError(
      'unauthorised',
      'files.host-key',
      `${host} shows another key than the one that is expected: nothing was sent`,
    )
  const message = error instanceof Error ? error.message : String(error)
  if (/authentication methods failed|parse privateKey|passphrase|privateKey value/i.test(message))
    return new CartageError(
      'unauthorised',
      'files.unauthorised',
      `${host} does not let us in: look at the user and the key`,
    )
  return away(host, error)
}

function away(host: string, cause: unknown): CartageError {
  return new CartageError('outage', 'files.away', `${host} does not answer`, { cause })
}

function stalled(): CartageError {
  return new CartageError('outage', 'files.away', `the server sends nothing for ${ANSWER_MS / 1000} s`)
}
