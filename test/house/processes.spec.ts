import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../engine/package-root.ts'

const root = packageRoot()
const script = join(root, 'scripts/generate-processes-doc.mjs')

describe('the document of the processes', () => {
  it('and its pictures show the flows and scenarios as they are (else run npm run types)', async () => {
    const { processesDoc } = (await import(script)) as { processesDoc(): Map<string, string> }
    const files = processesDoc()
    const committed = [...files.keys()].map((file) => [file, existsSync(join(root, file)) ? read(file) : undefined])
    assert.deepEqual(
      committed.filter(([file, text]) => text !== files.get(file ?? '')).map(([file]) => file),
      [],
    )
    const pictures = readdirSync(join(root, 'docs/images/processes')).map((name) => `docs/images/processes/${name}`)
    assert.deepEqual(
      pictures.filter((file) => !files.has(file)),
      [],
    )
  })
})

const read = (file: string) => readFileSync(join(root, file), 'utf8')
