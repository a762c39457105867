import assert from 'node:assert/strict'
import { cpSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { lackingSamples } from '../support/template-samples.ts'
import { temporaryFolder } from '../support/temp.ts'
import { templateFolders, templateIn, templateOf } from '../support/templates.ts'

describe('samples', () => {
  for (const folder of templateFolders())
    it(`of ${basename(folder)} show all that it declares`, () =>
      assert.deepEqual(lackingSamples(templateIn(folder)), []))
})

describe('the rule on samples', () => {
  const temporary = temporaryFolder()
  after(() => temporary.remove())

  /** What the rule says of a template once this has been done to a copy of it. */
  function lackingAfter(slug: string, change: (folder: string) => void): string[] {
    const { folder } = templateOf(slug)
    const copy = join(temporary.path, basename(join(folder, '..')), slug)
    cpSync(folder, copy, { recursive: true })
    change(copy)
    const lacking = lackingSamples(templateIn(copy))
    rmSync(copy, { recursive: true })
    return lacking
  }
  const without = (file: string) => (folder: string) => rmSync(join(folder, 'samples', file))
  const rewritten = (file: string, change: (content: Record<string, unknown>) => object) => (folder: string) => {
    const path = join(folder, file)
    writeFileSync(path, JSON.stringify(change(JSON.parse(readFileSync(path, 'utf8')))))
  }
  const says = (slug: string, change: (folder: string) => void, message: string) =>
    assert.ok(lackingAfter(slug, change).includes(message), lackingAfter(slug, change).join('\n'))

  it('has nothing against a template as it is', () =>
    assert.deepEqual(
      lackingAfter('onfleet', () => {}),
      [],
    ))

  it("misses an operation's input, response and goldens", () => {
    says('onfleet', without('book.input.json'), 'operation book: no book.input.json')
    says(
      'onfleet',
      without('book.request.json'),
      'map/book.request.jsonata request book: book.input.json has no golden',
    )
    says('onfleet', without('book.response.json'), 'map/task.answer.jsonata answer book: no sample')
    says(
      'onfleet',
      without('book.answer.json'),
      'map/task.answer.jsonata answer book: book.response.json has no golden',
    )
  })

  it("misses a refusal's sample and golden", () => {
    says('onfleet', without('error.400.json'), 'map/refusal.jsonata refusal: no sample')
    says('onfleet', without('error.400.messages.json'), 'map/refusal.jsonata refusal: error.400.json has no golden')
  })

  it("misses a webhook's golden, and a device's", () => {
    says(
      'onfleet',
      without('webhook.taskFailed.canonical.json'),
      'map/webhook.jsonata webhook: webhook.taskFailed.json has no golden',
    )
    says('owntracks', without('mqtt.lwt.canonical.json'), 'topics.json: no mqtt.lwt.canonical.json')
  })

  it('finds a golden that nothing is compared with', () => {
    const moved = (folder: string) =>
      renameSync(
        join(folder, 'samples/webhook.taskFailed.canonical.json'),
        join(folder, 'samples/wehbook.taskFailed.canonical.json'),
      )
    says('onfleet', moved, 'wehbook.taskFailed.canonical.json: nothing is compared with it')
  })

  it('misses what shows a capability that is declared', () => {
    const capable = (...more: string[]) =>
      rewritten('manifest.json', (manifest) => ({
        ...manifest,
        capabilities: [...(manifest.capabilities as string[]), ...more],
      }))
    says('onfleet', capable('teleport'), 'capability teleport: nothing shows use teleport')
    says('onfleet', capable('inventory'), 'capability inventory: nothing shows entity inventory-position')
    says('owntracks', capable('webhook'), 'capability webhook: nothing shows role webhook')
  })

  it('misses a code that the partner lists', () => {
    const listed = (folder: string) => writeFileSync(join(folder, 'samples/codes.list.json'), '["3", "teleported"]')
    says('onfleet', listed, 'codes.json: nothing says what teleported is')
  })
})
