import assert from 'node:assert/strict'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { openapiDocument } from '../../engine/api/openapi.ts'
import { apiBench, JSON_TYPE } from '../support/api-bench.ts'
import { bearer } from '../support/api-server.ts'
import { die } from '../support/dead-letters.ts'

type Described = { responses: Record<string, { content?: Record<string, unknown> }> }

describe('answers about dead letters and replays', () => {
  const bench = apiBench()
  const document = openapiDocument()
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  formats.default(ajv)
  ajv.addSchema(document, 'openapi')

  /** The answer fits what openapi.yaml says of the operation. */
  async function fits(method: string, template: string, path: string, body?: unknown) {
    const answer = await bench.hub.call(method, `/api/v1${path}`, {
      headers: { ...JSON_TYPE, ...bearer('operator') },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const described = (document.paths as unknown as Record<string, Record<string, Described>>)[`/api/v1${template}`]
    const response = described?.[method.toLowerCase()]?.responses[String(answer.status)]
    assert.ok(response, `${method} ${path} answered ${answer.status}`)
    const [type = ''] = (answer.headers.get('content-type') ?? '').split(';')
    assert.ok(type === 'application/problem+json' || Object.keys(response.content ?? {}).includes(type), type)
    if (type !== 'application/json') return undefined
    const place = ['paths', `/api/v1${template}`, method.toLowerCase(), 'responses', String(answer.status)]
    const pointer = [...place, 'content', type, 'schema'].map((part) =>
      part.replaceAll('~', '~0').replaceAll('/', '~1'),
    )
    const given = await answer.json()
    const valid = ajv.compile({ $ref: `openapi#/${pointer.map(encodeURIComponent).join('/')}` })
    assert.ok(valid(given), `${method} ${template}: ${ajv.errorsText(valid.errors)}`)
    return given as Record<string, unknown>
  }

  it('are as the contract says', async () => {
    const one = '/dead-letters/{subscription}/{messageId}'
    await die(bench.hub.store, { id: 'w', channel: 'in', subscription: 'map', raw: '<raw>', partner: 'one' })
    for (const id of ['a', 'b', 'c']) await die(bench.hub.store, { id, cause: 'w' })
    bench.hub.clock.at += 1000
    await fits('GET', '/dead-letters', '/dead-letters?include=payload&limit=1')
    await fits('GET', '/dead-letters/count', '/dead-letters/count')
    await fits('PUT', `${one}/payload`, '/dead-letters/work/a/payload', { payload: { x: 1 } })
    await fits('GET', one, '/dead-letters/work/a?include=payload')
    await fits('GET', `${one}/raw`, '/dead-letters/work/a/raw')
    await fits('DELETE', `${one}/payload`, '/dead-letters/work/a/payload')
    await fits('POST', `${one}/dry-run`, '/dead-letters/work/a/dry-run', {})
    await fits('POST', `${one}/replay`, '/dead-letters/work/a/replay', { from: 'raw' })
    await fits('GET', one, '/dead-letters/work/a')
    await fits('POST', `${one}/discard`, '/dead-letters/work/b/discard', { reason: 'x' })
    const job = await fits('POST', '/replays', '/replays', { reason: 'x', filter: { subscription: 'work' } })
    const path = `/replays/${job?.jobId}`
    await fits('POST', '/replays/{replayId}/dry-run', `${path}/dry-run`, { limit: 1 })
    await fits('POST', '/replays/{replayId}/start', `${path}/start`)
    await fits('GET', '/replays/{replayId}', path)
    await fits('POST', '/replays/{replayId}/stop', `${path}/stop`)
    await fits('GET', '/replays', '/replays')
    await fits('GET', one, '/dead-letters/work/nobody')
  })
})
