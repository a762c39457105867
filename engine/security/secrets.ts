import { timingSafeEqual } from 'node:crypto'
import { CartageError } from '../errors.ts'

/** Equal, in a time that tells nothing but the length. Texts are compared as UTF-8. */
export function constantTimeEqual(a: string | Uint8Array, b: string | Uint8Array): boolean {
  const left = typeof a === 'string' ? Buffer.from(a) : a
  const right = typeof b === 'string' ? Buffer.from(b) : b
  return left.byteLength === right.byteLength && timingSafeEqual(left, right)
}

/** Replace every `${NAME}` by the environment's value; a name that is not set is an error, never an empty secret. */
export function resolveEnv(text: string, env: Record<string, string | undefined>): string {
  return text.replaceAll(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (_all, name: string) => {
    const value = env[name]
    if (value === undefined || value === '') {
      throw new CartageError('invalid', 'config.env-missing', `environment variable ${name} is not set`, {
        field: name,
      })
    }
    return value
  })
}

/** A credential may hold several secrets while one is being replaced: newline- or comma-separated, newest first by habit. `\,` is a comma of a secret. */
export function splitSecrets(value: string | undefined): string[] {
  return (value ?? '')
    .split(/\n|(?<!\\),/)
    .map((secret) => secret.trim().replaceAll('\\,', ','))
    .filter((secret) => secret !== '')
}
