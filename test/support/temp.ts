import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A new empty folder; `remove` deletes it with everything in it. */
export function temporaryFolder(under = tmpdir()): { path: string; remove(): void } {
  const path = mkdtempSync(join(under, 'cartage-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 3 }) }
}
