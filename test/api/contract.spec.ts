import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { openapiDocument } from '../../engine/api/openapi.ts'
import { OPERATIONS } from '../../engine/api/operations.ts'
import type { JsonObject } from '../../engine/json.ts'
import { apiBench } from '../support/api-bench.ts'

describe('the API', () => {
  const bench = apiBench()

  describe('its contract', () => {
    it('has exactly the operations that are served', () => {
      const paths = openapiDocument().paths as Record<string, Record<string, { operationId?: string }>>
      const written = Object.entries(paths).flatMap(([path, item]) =>
        Object.entries(item).flatMap(([method, { operationId }]) =>
          operationId === undefined ? [] : [`${operationId} ${method.toUpperCase()} ${path}`],
        ),
      )
      assert.deepEqual(
        written.sort(),
        OPERATIONS.map(({ operationId, method, path }) => `${operationId} ${method} ${path}`).sort(),
      )
    })

    it('stands alone: every reference leads somewhere inside', () => {
      const document = openapiDocument()
      const refs = JSON.stringify(document).match(/"\$ref":"[^"]+"/g) ?? []
      assert.ok(refs.length > 50)
      for (const ref of new Set(refs)) {
        const parts = ref.slice(8, -1).split('/').slice(1)
        assert.notEqual(
          parts.reduce<unknown>((at, part) => (at as JsonObject | undefined)?.[part], document),
          undefined,
          ref,
        )
      }
    })

    it('is served with its page, from here alone', async () => {
      const yaml = await bench.hub.call('GET', '/api/openapi.yaml')
      assert.match(await yaml.text(), /^openapi: 3\.1\.0/)
      const page = await bench.hub.call('GET', '/api/docs')
      const html = await page.text()
      assert.ok(!/https?:\/\//.test(html))
      for (const [, link] of html.matchAll(/(?:src|href)="([^"]+)"/g))
        assert.equal((await bench.hub.call('GET', link!)).status, 200, link)
      assert.match(page.headers.get('content-security-policy') ?? '', /script-src 'self';/)
      for (const path of ['package.json', '..%2fpackage.json', '%2e%2e/package.json', 'constructor']) {
        assert.equal((await bench.hub.call('GET', `/api/docs/${path}`)).status, path.startsWith('%') ? 401 : 404)
      }
    })

    it('sends its security headers on every answer', async () => {
      for (const path of ['/api/v1/channels', '/api/docs', '/track/nothing', '/api/openapi.yaml']) {
        const { headers } = await bench.hub.call('GET', path)
        assert.equal(headers.get('x-content-type-options'), 'nosniff')
        assert.equal(headers.get('x-frame-options'), 'DENY')
        assert.match(headers.get('content-security-policy') ?? '', /frame-ancestors 'none'/)
        assert.equal(headers.get('x-powered-by'), null)
      }
    })
  })
})
