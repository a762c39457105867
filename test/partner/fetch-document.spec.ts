import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { CartageError } from '../../engine/errors.ts'
import { fetchDocument } from '../../engine/partner/fetch-document.ts'

const PHOTO = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3])

describe('a document that a partner names by address', () => {
  let server: Server
  let url: string

  before(async () => {
    server = createServer((request, response) => {
      const path = request.url ?? ''
      if (path === '/photo') return void response.setHeader('content-type', 'image/jpeg').end(PHOTO)
      if (path === '/page')
        return void response.setHeader('content-type', 'text/html; charset=utf-8').end('<h1>Log in</h1>')
      if (path === '/large') return void response.end(Buffer.alloc(5000))
      if (path === '/moved') return void response.writeHead(302, { location: '/photo' }).end()
      response.writeHead(Number(path.slice(1))).end()
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  after(() => server.close())

  const get = (path: string, allowPrivateAddresses = true) =>
    fetchDocument(url + path, { maxBytes: 1000, allowPrivateAddresses })

  it('is fetched as it is', async () => assert.deepEqual(Buffer.from(await get('/photo')), PHOTO))

  const cases: [what: string, path: string, category: string, code: string | RegExp][] = [
    ['a login page in its place comes to be tried again', '/page', 'transient', 'document.page'],
    ['a server that is down is tried again', '/503', 'transient', 'document.status'],
    ['what is gone is not', '/404', 'invalid', 'document.status'],
    ['what is too large is not', '/large', 'invalid', 'document.too-large'],
    ['a redirect is not followed', '/moved', 'invalid', /./],
  ]
  for (const [what, path, category, code] of cases)
    it(what, () =>
      assert.rejects(get(path), (error: CartageError) => {
        assert.equal(error.category, category)
        assert.match(error.code, typeof code === 'string' ? new RegExp(`^${code}$`) : code)
        return true
      }),
    )

  it('is not fetched from a private address unless that is allowed', () =>
    assert.rejects(get('/photo', false), (error: CartageError) => error.category !== 'transient'))

  for (const bad of ['file:///etc/passwd', 'http://user:secret@127.0.0.1/', 'photo.jpg', 'gopher://127.0.0.1/'])
    it(`is not fetched from ${bad}`, () =>
      assert.rejects(
        fetchDocument(bad, { maxBytes: 10, allowPrivateAddresses: true }),
        (error: CartageError) => error.code === 'document.address',
      ))
})
