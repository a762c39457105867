import assert from 'node:assert/strict'
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Manifest } from '../../engine/partner/profile-types.ts'
import type { Files } from '../../engine/partner/registry/files.ts'
import { waysIn, withWay } from '../../engine/partner/registry/way-in.ts'
import { temporaryFolder } from '../support/temp.ts'
import { templateFolders, templateIn, templateOf } from '../support/templates.ts'

describe('one of several ways to be let in', () => {
  const manifestIn = (folder: string) => JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as Manifest
  const mappingsIn = (folder: string): Files =>
    Object.fromEntries(
      readdirSync(join(folder, 'map')).map((name) => [`map/${name}`, readFileSync(join(folder, 'map', name), 'utf8')]),
    )
  const generic = templateOf('generic-rest').folder
  const names = (list: { name: string }[] = []) => list.map(({ name }) => name)

  it('is named with what it asks of the account', () => {
    assert.deepEqual(waysIn(manifestIn(generic).auth), [
      { id: 'bearer', type: 'bearer', names: ['apiKey'] },
      { id: 'oauth2', type: 'oauth2', names: ['tokenUrl', 'clientId', 'clientSecret'] },
      { id: 'basic', type: 'basic', names: ['username', 'password'] },
    ])
  })

  it('stays alone, without what only the others name', () => {
    const { auth, credentials, parameters } = withWay(manifestIn(generic), 'basic', mappingsIn(generic))
    assert.equal(auth.type, 'basic')
    assert.deepEqual(names(credentials), ['username', 'password', 'webhookSecret'])
    assert.deepEqual(names(parameters), ['timeZone'])
  })

  it('keeps what another way names and a mapping asks for, too', () => {
    const files = { 'map/x.jsonata': '{ "by": $params.tokenUrl }' }
    assert.deepEqual(names(withWay(manifestIn(generic), 'basic', files).parameters), ['timeZone', 'tokenUrl'])
  })

  it('is none that the template has not', () =>
    assert.throws(() => withWay(manifestIn(generic), 'magic', {}), { category: 'invalid', field: 'way' }))

  for (const folder of templateFolders()) {
    const { id, auth } = manifestIn(folder)
    if (auth.type !== 'choice') continue
    for (const way of waysIn(auth))
      it(`makes a whole profile of ${id} by ${way.id}`, () => {
        const copy = temporaryFolder()
        const place = join(copy.path, basename(dirname(folder)), id)
        try {
          cpSync(folder, place, { recursive: true })
          const own = withWay(manifestIn(folder), way.id, mappingsIn(folder))
          writeFileSync(join(place, 'manifest.json'), JSON.stringify(own))
          assert.equal(templateIn(place).auth.type, way.type)
        } finally {
          copy.remove()
        }
      })
  }
})
