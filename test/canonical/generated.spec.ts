import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'mocha'
import { packageRoot } from '../../engine/package-root.ts'

/** The generators are plain scripts without types. */
async function generator(name: string): Promise<Record<string, () => string | Promise<string>>> {
  return (await import(join(packageRoot(), 'scripts', name))) as Record<string, () => string | Promise<string>>
}

function committed(path: string): string {
  return readFileSync(join(packageRoot(), path), 'utf8')
}

describe('what is generated from the schemas', () => {
  it('has types that are up to date (else run scripts/generate-types.mjs)', async () => {
    const { generateTypes } = await generator('generate-types.mjs')
    assert.equal(committed('engine/canonical/types.ts'), await generateTypes!())
  })

  it('has a reference that is up to date (else run scripts/generate-model-doc.mjs)', async () => {
    const { generateModelDoc } = await generator('generate-model-doc.mjs')
    assert.equal(committed('docs/model.md'), await generateModelDoc!())
  })
})
