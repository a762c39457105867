import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { OPERATIONS } from '../../engine/api/operations.ts'
import { apiBench, problem } from '../support/api-bench.ts'
import { apiServer, bearer, ordersFlow } from '../support/api-server.ts'

describe('the API', () => {
  const bench = apiBench()

  describe('who may call', () => {
    it('gives the same 401 for every cause', async () => {
      const headers = [
        {},
        { authorization: 'Basic eDp5' },
        { authorization: 'Bearer' },
        { authorization: 'Bearer wrong' },
        { authorization: 'Bearer viewer-secret-012345678' },
        { authorization: 'Bearer viewer-secret-01234567890' },
      ]
      const bodies = new Set<string>()
      for (const header of headers) {
        for (const path of ['/api/v1/channels', '/api/v1/nothing']) {
          const answer = await bench.hub.call('GET', path, { headers: header as Record<string, string> })
          assert.equal(answer.status, 401)
          assert.match(answer.headers.get('www-authenticate') ?? '', /^Bearer/)
          bodies.add(JSON.stringify({ ...(await problem(answer)), correlationId: '' }))
        }
      }
      assert.equal(bodies.size, 1)
    })

    for (const operation of OPERATIONS) {
      it(`lets only ${operation.roles.join(', ')} and admin do ${operation.operationId}`, async () => {
        bench.hub.api.commands.attach(operation.operationId, ordersFlow(bench.hub.store, false))
        const path = operation.path.replace(/\{\w+\}/g, 'x')
        assert.equal((await bench.hub.call(operation.method, path)).status, 401)
        for (const role of ['viewer', 'erp', 'operator', 'finance', 'admin'] as const) {
          const { status } = await bench.hub.call(operation.method, path, { headers: bearer(role) })
          const may = role === 'admin' || operation.roles.includes(role)
          assert.equal(status !== 403, may, `${role}: ${status}`)
          assert.ok(status < 500, `${role}: ${status}`)
        }
      })
    }

    it('limits each key, and guessing', async () => {
      const limited = await apiServer({
        rates: { perKey: { tokens: 2, perMs: 60_000 }, failedPerAddress: { tokens: 1, perMs: 60_000 } },
      })
      try {
        const get = (headers: Record<string, string>) => limited.call('GET', '/api/v1/channels', { headers })
        const statuses = [
          await get(bearer('viewer')),
          await get(bearer('viewer')),
          await get(bearer('viewer')),
          await get(bearer('erp')),
        ]
        assert.deepEqual(
          statuses.map((answer) => answer.status),
          [200, 200, 429, 200],
        )
        assert.ok(Number(statuses[2]?.headers.get('retry-after')) >= 1)
        assert.deepEqual([(await get({})).status, (await get({})).status], [401, 429])
      } finally {
        await limited.close()
      }
    })
  })
})
