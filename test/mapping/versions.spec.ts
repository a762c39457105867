import assert from 'node:assert/strict'
import { MappingChoices } from '../../engine/mapping/choices.ts'
import { MappingVersions } from '../../engine/mapping/versions.ts'
import type { CodeTable } from '../../engine/partner/codes.ts'
import type { DocumentStore } from '../../engine/store/ports.ts'
import { storeBench } from '../support/store-bench.ts'

const MAP = 'map/webhook.jsonata'
const ABOUT = { partner: 'acme', mapping: MAP }

describe('versions of mappings', () => {
  const bench = storeBench()
  const codes = (type: string) => ({ lost: { type } }) as CodeTable
  const profile = (version = '1.0.0', table = codes('shipment.lost')) => ({ id: 'acme', version, codes: table })
  const versions = (documents: DocumentStore = bench.store.documents) =>
    new MappingVersions({ documents, clock: bench.clock })

  it('are named after the template, the mapping and the code table, whoever asks', async () => {
    const [one, other] = [versions(), versions()]
    const first = await one.of(profile(), MAP, 'body')
    assert.match(first, /^1\.0\.0\+[0-9a-f]{8}$/)
    assert.equal(await other.of(profile(), MAP, 'body'), first)
    const names = [
      await one.of(profile(), MAP, 'body.a'),
      await one.of(profile('1.0.0', codes('shipment.held')), MAP, 'body'),
      await one.of(profile('1.1.0'), MAP, 'body'),
    ]
    assert.equal(new Set([first, ...names]).size, 4)
  })

  it('are kept before their first use, once, and cost nothing after it', async () => {
    let puts = 0
    const { documents } = bench.store
    const counted: DocumentStore = Object.assign(Object.create(documents), {
      get: (kind: string, id: string) => documents.get(kind, id),
      put: (...of: Parameters<DocumentStore['put']>) => {
        puts += 1
        return documents.put(...of)
      },
    })
    const mine = versions(counted)
    const same = profile()
    const all = await Promise.all(Array.from({ length: 50 }, () => mine.of(same, MAP, 'body')))
    assert.equal(new Set(all).size, 1)
    assert.equal(puts, 1)
    const kept = await mine.get('acme', MAP, all[0]!)
    assert.deepEqual([kept?.source, kept?.codes, kept?.usedFrom], ['body', same.codes, [bench.clock.now()]])
  })

  it('are told by the time at which they were in use, also one that came back', async () => {
    const mine = versions()
    const same = profile()
    const times: number[] = []
    const names: string[] = []
    for (const source of ['a', 'b', 'a']) {
      times.push(bench.clock.now())
      names.push(await mine.of(same, MAP, source))
      bench.clock.advance(1000)
    }
    assert.equal(names[0], names[2])
    for (const [index, at] of times.entries()) {
      assert.equal((await mine.inUseAt('acme', MAP, at))?.version, names[index])
      assert.equal((await mine.inUseAt('acme', MAP, at + 999))?.version, names[index])
    }
    assert.equal(await mine.inUseAt('acme', MAP, times[0]! - 1), undefined)
    assert.deepEqual(
      (await mine.all('acme', MAP)).map(({ source }) => source),
      ['a', 'b'],
    )
  })

  it('are asked for again when the store was away', async () => {
    const { documents } = bench.store
    let away = true
    const flaky: DocumentStore = Object.assign(Object.create(documents), {
      get: async (kind: string, id: string) => {
        if (away) throw new Error('away')
        return documents.get(kind, id)
      },
      put: (...of: Parameters<DocumentStore['put']>) => documents.put(...of),
    })
    const mine = versions(flaky)
    const same = profile()
    await assert.rejects(mine.of(same, MAP, 'body'), /away/)
    away = false
    assert.match(await mine.of(same, MAP, 'body'), /^1\.0\.0\+/)
  })

  it('can be chosen for a message, by name or time, and the choice be taken back', async () => {
    const [mine, choices] = [versions(), new MappingChoices(bench.store.documents)]
    const version = await mine.of(profile(), MAP, 'body')
    const chosen = async () => (await choices.chosen(mine, 'm-1', ABOUT))?.version
    assert.equal(await chosen(), undefined)
    await choices.choose('m-1', { version })
    assert.equal(await chosen(), version)
    await choices.choose('m-1', { at: bench.clock.now() })
    assert.equal(await chosen(), version)
    await choices.choose('m-1', undefined)
    await choices.choose('m-1', undefined)
    assert.equal(await chosen(), undefined)
    for (const choice of [{ version: '1.0.0+00000000' }, { version: '../x' }, { at: 0 }]) {
      await choices.choose('m-1', choice)
      await assert.rejects(chosen(), { category: 'refused', code: 'mapping.version-unknown' })
    }
  })
})
