import { isAbsolute, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { CartageError } from '../errors.ts'
import { type AddressPolicy, AddressGuard } from '../partner/address.ts'
import { pemOf } from '../partner/auth/pem.ts'
import type { Profile } from '../partner/profile-types.ts'
import { texts } from './declared.ts'
import { LocalPlace } from './local-place.ts'
import { type Place, partsOf } from './place.ts'
import { type SftpAccount, SftpPlace } from './sftp-place.ts'
import type { PartnerFiles } from './types.ts'

export interface PlaceOptions {
  /** Folder that all folders of this machine are below. */
  root: string
  policy: AddressPolicy
}

/** What the account says: parameters and credentials by name. */
export type Given = (name: string) => string | undefined

/**
 * The place where a partner's files are. A place of this machine is below the hub's own folder, wherever an account says that it
 * is; an SFTP server is called by an address that may be called, and only with its key pinned. `files.address`,
 * `files.host-key-missing` (invalid) say what the account lacks.
 */
export async function openPlace(
  profile: Pick<Profile, 'id' | 'files'>,
  given: Given,
  options: PlaceOptions,
): Promise<Place> {
  if (!profile.files) throw wrong('files.none', `${profile.id} exchanges no files`)
  const filled = fill(profile.files, given)
  const { address = '' } = filled
  if (/^sftp:\/\//i.test(address)) return SftpPlace.connect(await accountOf(address, filled, options.policy))
  if (/^[a-z][a-z0-9+.-]*:/i.test(address)) throw wrong('files.address', 'the address is neither sftp:// nor a folder')
  return new LocalPlace(join(options.root, ...partsOf(folderOf(address || profile.id, options.root))))
}

function fill(files: PartnerFiles, given: Given): Record<string, string> {
  return Object.fromEntries(
    Object.entries(texts(files)).map(([field, text]) => [
      field,
      text.replace(/\{([^{}]*)\}/g, (_all, name: string) => given(name) ?? ''),
    ]),
  )
}

function folderOf(address: string, root: string): string {
  const folder = isAbsolute(address) ? relative(root, address) : address
  return folder.replace(/\\/g, '/').replace(/\/+$/, '')
}

async function accountOf(address: string, filled: Record<string, string>, policy: AddressPolicy): Promise<SftpAccount> {
  const url = URL.parse(address)
  if (!url?.hostname || url.password !== '') throw wrong('files.address', 'the address is not sftp://host:port/folder')
  const username = filled.username || decodeURIComponent(url.username)
  if (username === '') throw wrong('files.username', 'the account names no user')
  if (!/^(SHA256:)?[A-Za-z0-9+/]{43}=?$/.test(filled.hostKey ?? ''))
    throw wrong(
      'files.host-key-missing',
      'the fingerprint of the server’s key (SHA256:…) must be given: without it anybody could be the server',
    )
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const secrets = (['password', 'privateKey', 'passphrase'] as const).filter((name) => filled[name])
  return {
    ...{ address: await addressOf(host, policy), port: Number(url.port) || 22, host, username },
    folder: decodeURIComponent(url.pathname)
      .replace(/\/+$/, '')
      .replace(/^\/~\/?/, ''),
    hostKey: filled.hostKey!,
    ...Object.fromEntries(
      secrets.map((name) => [name, name === 'privateKey' ? pemOf('privateKey', filled[name]!) : filled[name]]),
    ),
  }
}

/** Resolved once, and looked at: partners are at addresses that may be called. */
async function addressOf(host: string, policy: AddressPolicy): Promise<string> {
  const lookup = promisify(new AddressGuard(policy).lookup) as unknown as (
    host: string,
    options: { all: true },
  ) => Promise<{ address: string }[]>
  try {
    const [first] = await lookup(host, { all: true })
    return first!.address
  } catch (error) {
    if (error instanceof CartageError) throw error
    throw new CartageError('outage', 'files.away', `${host} has no address`, { cause: error })
  }
}

function wrong(code: string, message: string): CartageError {
  return new CartageError('invalid', code, message)
}
