import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** Everything that an embedded store holds, row by row, with its files: for a test that nothing of it changes. */
export function storeSnapshot(dataDir: string): Record<string, string[]> {
  const database = new DatabaseSync(join(dataDir, 'cartage.db'), { readOnly: true })
  try {
    const tables = database
      .prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
      .all() as unknown as { name: string }[]
    const rows = tables.map(({ name }): [string, string[]] => [
      name,
      database
        .prepare(`SELECT * FROM "${name}"`)
        .all()
        .map((row) => JSON.stringify(row)),
    ])
    const files = readdirSync(dataDir, { recursive: true, encoding: 'utf8' })
      .filter((name) => /cartage\.db-(blobs|bodies)/.test(name))
      .sort()
    return { ...Object.fromEntries(rows), files }
  } finally {
    database.close()
  }
}
