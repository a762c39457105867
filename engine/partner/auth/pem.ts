import { readFileSync } from 'node:fs'
import { PartnerFailure } from '../failure.ts'

/** Where a credential names a file rather than holding what is in it. */
const FILE = /^file:(?:\/\/)?(?=\/)/

/**
 * What a credential holds, as PEM (RFC 7468) with its lines: a field of a form, and many an environment, makes one line of them or
 * writes `\n`. With `file:/path` it is read from there.
 */
export function pemOf(name: string, value: string): string {
  const text = FILE.test(value) ? readFile(name, value.replace(FILE, '')) : value
  const blocks = [...text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----([\s\S]*?)-----END \1-----/g)]
  if (blocks.length === 0) throw unreadable(name, 'holds no PEM')
  return blocks.map(([, label, body]) => `-----BEGIN ${label}-----\n${lines(body!)}\n-----END ${label}-----\n`).join('')
}

function lines(body: string): string {
  const base64 = body.replaceAll(/\\[rn]|\s/g, '')
  return base64.match(/.{1,64}/g)?.join('\n') ?? ''
}

function readFile(name: string, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    throw unreadable(name, 'names a file that cannot be read')
  }
}

function unreadable(name: string, why: string): PartnerFailure {
  return new PartnerFailure('none', 'unauthorised', 'partner.key-unusable', `credential "${name}" ${why}`, {
    field: name,
  })
}
