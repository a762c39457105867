import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../engine/package-root.ts'
import { loadProfile } from '../../engine/partner/profile.ts'
import { temporaryFolder } from '../support/temp.ts'
import { templateOf } from '../support/templates.ts'

const text = readFileSync(join(packageRoot(), 'docs', 'webhooks.md'), 'utf8')
const signatures = [...text.matchAll(/```json\n([\s\S]*?)```/g)].map(([, json]) => JSON.parse(json!))
const handshakes = [...text.matchAll(/^\| `(\{.*?\})` \|/gm)].map(([, json]) => JSON.parse(json!))

describe('docs/webhooks.md', () => {
  it('shows only what a template may say', () => {
    const folder = temporaryFolder()
    try {
      const { folder: example } = templateOf('generic-webhook')
      const manifest = JSON.parse(readFileSync(join(example, 'manifest.json'), 'utf8'))
      const place = join(folder.path, 'couriers', manifest.id)
      mkdirSync(join(place, 'map'), { recursive: true })
      writeFileSync(join(place, manifest.webhook.mapping), '[]')
      assert.ok(signatures.length >= 4 && handshakes.length >= 5)
      for (const signature of signatures) {
        const webhook = { ...manifest.webhook, signature, handshake: handshakes }
        writeFileSync(join(place, 'manifest.json'), JSON.stringify({ ...manifest, webhook }))
        assert.deepEqual(loadProfile(place).webhook?.signature, signature)
      }
    } finally {
      folder.remove()
    }
  })
})
