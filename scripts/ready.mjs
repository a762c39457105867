// Asks an address for its status code: by the launcher while it waits, and by the image's HEALTHCHECK.
import { get as getPlain } from 'node:http'
import { get as getSecure } from 'node:https'

/** The status code, or undefined when nobody answers within two seconds. */
export function request(url, certificate) {
  return new Promise((done) => {
    const get = url.startsWith('https:') ? getSecure : getPlain
    // the certificate names the public host and may be self-signed: here it is trusted as the one it is
    const options = certificate ? { ca: certificate, checkServerIdentity: () => undefined } : {}
    const asked = get(url, { ...options, timeout: 2000 }, (answer) => {
      answer.resume()
      done(answer.statusCode)
    })
    asked.once('timeout', () => asked.destroy())
    asked.once('error', () => done(undefined))
  })
}
