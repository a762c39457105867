import assert from 'node:assert/strict'
import { eventually } from '../support/eventually.ts'
import { flowBench, type Seen } from '../support/flow-bench.ts'
import { account, node, partner, probe, source } from '../support/flow-nodes.ts'
import { type TestPartners, testPartners } from '../support/test-partner.ts'

const AT = '2026-03-02T14:47:02Z'
const MAP = 'map/webhook.jsonata'

describe('editing a template from the editor', () => {
  let partners: TestPartners
  let number = 0
  const bench = flowBench(async () => {
    partners = await testPartners()
    return partners.env
  })
  after(() => partners.close())

  async function ask(method: string, path: string, body?: unknown) {
    const answer = await fetch(`${bench.hub.url}/editor/cartage/desk/${path}`, {
      method,
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      headers: { 'content-type': 'application/json' },
    })
    return { status: answer.status, body: (await answer.json().catch(() => undefined)) as Seen }
  }
  /** What the next message with the code becomes; those from before may be mapped again meanwhile. */
  const mapped = async (status: string) => {
    number += 1
    const ref = `SO-${number}`
    await bench.publish({ status, ref, at: AT }, { partner: 'test-courier' })
    return eventually(() => bench.at('mapped').find(({ payload }) => payload.data.shipmentRef.value === ref)?.topic)
  }

  it('changes what the next message is mapped to, without a deploy, and takes it back', async () => {
    await bench.deploy(
      partner('test-courier'),
      source('map'),
      node('map', 'canonical-mapper', [['mapped'], []], {
        ...{ partner: account('test-courier'), direction: 'in', entity: 'delivery-event' },
        ...{ mapping: 'webhook.jsonata', mappingType: 'template' },
      }),
      probe('mapped'),
    )
    assert.equal(await mapped('lost'), 'status.unmapped')
    const set = { lost: { type: 'shipment.lost', label: 'Lost' } }
    const saved = await ask('PUT', 'test-courier/codes', { set, why: 'they told us' })
    assert.deepEqual([saved.status, saved.body.version, saved.body.by], [200, 1, 'editor'])
    assert.equal(await mapped('lost'), 'shipment.lost')

    const { body: file } = await ask('GET', `test-courier/file?path=${MAP}`)
    assert.equal(file.version, 0)
    const text = file.text.replace('$found.type', '"shipment.damaged"')
    assert.equal((await ask('PUT', 'test-courier/file', { path: MAP, text, expected: 0 })).status, 200)
    assert.equal(await mapped('lost'), 'shipment.damaged')
    assert.equal((await ask('GET', `test-courier/undo?path=${MAP}`)).body.text, file.text)
    assert.equal(await mapped('lost'), 'shipment.damaged', 'looking changes nothing')
    assert.equal((await ask('POST', 'test-courier/undo', { path: MAP })).body.edited, false)
    assert.equal(await mapped('lost'), 'shipment.lost')

    const { body: history } = await ask('GET', 'test-courier/history?path=codes.json')
    assert.deepEqual(history[0].codes, { lost: { from: null, to: set.lost } })
    assert.equal(history[0].why, 'they told us')
    const { body: old } = await ask('GET', `test-courier/file?path=${MAP}&version=1`)
    assert.equal(old.text, text)
    const { body: all } = await ask('GET', 'test-courier')
    assert.deepEqual(
      all.files.map((one: { path: string; edited: boolean }) => [one.path, one.edited]),
      [
        ['codes.json', true],
        [MAP, false],
      ],
    )
    const { body: codes } = await ask('GET', 'test-courier/codes')
    assert.deepEqual([codes.codes.lost, codes.version, codes.conflicts], [set.lost, 1, []])
  })

  for (const [title, method, path, body, status, code, field] of [
    ['a partner that there is not', 'GET', 'nobody', undefined, 404, 'template.unknown', 'partner'],
    ['a file that there is not', 'GET', 'test-erp/file?path=map/x.jsonata', undefined, 404, 'template.no-file', 'path'],
    ['a file outside', 'GET', 'test-erp/file?path=../../x', undefined, 422, 'template.path', 'path'],
    ['two paths', 'GET', 'test-erp/file?path=codes.json&path=b', undefined, 422, 'template.path', 'path'],
    [
      'a version that is none',
      'GET',
      `test-erp/file?path=${MAP}&version=x`,
      undefined,
      404,
      'template.no-version',
      'version',
    ],
    ['no body', 'PUT', 'test-erp/file', undefined, 422, 'template.request', 'path'],
    ['a list for a body', 'PUT', 'test-erp/file', [], 422, 'template.request', 'path'],
    ['a number for a text', 'PUT', 'test-erp/file', { path: MAP, text: 7 }, 422, 'template.request', 'text'],
    ['a number for a reason', 'PUT', 'test-erp/file', { path: MAP, text: '', why: 7 }, 422, 'template.request', 'why'],
    [
      'a version in words',
      'PUT',
      'test-erp/file',
      { path: MAP, text: '', expected: '1' },
      422,
      'template.request',
      'expected',
    ],
    [
      'another version',
      'PUT',
      'test-erp/file',
      { path: MAP, text: '[]', expected: 7 },
      409,
      'template.changed',
      undefined,
    ],
    ['a mapping that is none', 'PUT', 'test-erp/file', { path: MAP, text: '{"a":' }, 422, 'mapping.syntax', undefined],
    ['a mapping to take away', 'DELETE', 'test-erp/file', { path: MAP }, 422, 'template.request', 'path'],
    ['a sample outside', 'DELETE', 'test-erp/file', { path: 'samples/../x' }, 422, 'template.path', 'path'],
    ['codes that are a list', 'PUT', 'test-erp/codes', { set: [] }, 422, 'template.request', 'set'],
    ['codes to remove that are a text', 'PUT', 'test-erp/codes', { remove: 'a' }, 422, 'template.request', 'remove'],
    ['a code without an event', 'PUT', 'test-erp/codes', { set: { a: {} } }, 422, 'template.codes', 'a.type'],
    [
      'nothing that would come back',
      'GET',
      `test-erp/undo?path=${MAP}`,
      undefined,
      409,
      'template.nothing-to-undo',
      undefined,
    ],
    ['a code table to look back at', 'GET', 'test-erp/undo?path=codes.json', undefined, 422, 'template.path', 'path'],
    ['nothing to take back', 'POST', 'test-erp/undo', { path: MAP }, 409, 'template.nothing-to-undo', undefined],
  ] as [string, string, string, unknown, number, string, string | undefined][]) {
    it(`says what is wrong with ${title}`, async () => {
      const answer = await ask(method, path, body)
      assert.deepEqual([answer.status, answer.body.code, answer.body.field], [status, code, field])
    })
  }
})

describe('who may edit a template', () => {
  /** bcrypt of the password below, at the least cost. */
  const passwordHash = '$2b$04$.oCVDCAbhEs.sM.q/CFI6OBHqIJx1z6.hdFYqOeMOhV1tIJj88Fui'
  const password = 'editor-password'
  let partners: TestPartners
  const bench = flowBench(async () => {
    partners = await testPartners()
    const user = (username: string, role: string) => ({ username, role, passwordHash })
    return { ...partners.env, CARTAGE_USERS: JSON.stringify([user('vera', 'viewer'), user('anna', 'analyst')]) }
  })
  after(() => partners.close())

  async function as(username: 'vera' | 'anna') {
    const login = { client_id: 'node-red-editor', grant_type: 'password', scope: '' }
    const answer = await fetch(`${bench.hub.url}/editor/auth/token`, {
      method: 'POST',
      body: new URLSearchParams({ ...login, username, password }),
    })
    const { access_token: token } = (await answer.json()) as { access_token: string }
    return (method: string, path: string, body?: object) =>
      fetch(`${bench.hub.url}/editor/cartage/desk/${path}`, {
        ...{ method, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' } },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
  }

  it('lets a viewer look, an analyst change, and nobody without a login do either', async () => {
    const [vera, anna] = [await as('vera'), await as('anna')]
    const change = { path: MAP, text: '[]' }
    assert.equal((await vera('GET', `test-erp/file?path=${MAP}`)).status, 200)
    for (const [method, path, body] of [
      ['PUT', 'test-erp/file', change],
      ['PUT', 'test-erp/codes', { remove: ['delivered'] }],
      ['POST', 'test-erp/undo', { path: MAP }],
      ['POST', '../inbox/map', { partner: 'test-erp', code: 'x', entry: {} }],
      ['POST', '../inbox/rerun', { partner: 'test-erp', code: 'x' }],
      ['POST', '../inbox/leave', { partner: 'test-erp', code: 'x' }],
    ] as const)
      assert.equal((await vera(method, path, body)).status, 401, path)
    assert.equal((await vera('GET', '../inbox')).status, 200)
    const saved = (await (await anna('PUT', 'test-erp/file', change)).json()) as Seen
    assert.deepEqual([saved.version, saved.by], [1, 'anna'])
    assert.equal((await fetch(`${bench.hub.url}/editor/cartage/desk/test-erp`)).status, 401)
  })
})
