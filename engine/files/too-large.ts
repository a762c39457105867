import { CartageError } from '../errors.ts'

export const TOO_LARGE = 'files.too-large'

export function tooLarge(maxBytes: number): CartageError {
  const mb = Math.floor(maxBytes / 1024 / 1024)
  return new CartageError(
    'invalid',
    TOO_LARGE,
    `it is larger than ${mb} MB, the most that is taken in (CARTAGE_FILE_LIMIT_MB)`,
  )
}

export function isTooLarge(error: unknown): error is CartageError {
  return error instanceof CartageError && error.code === TOO_LARGE
}
