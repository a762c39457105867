import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { chainOf, storedTokens, type TokenVault } from '../../../engine/partner/auth/token-vault.ts'
import type { PartnerClient } from '../../../engine/partner/client.ts'
import type { Auth } from '../../../engine/partner/profile.ts'
import { CartageError } from '../../../engine/errors.ts'
import { keyring } from '../../../engine/security/seal.ts'
import { openStore } from '../../../engine/store/open.ts'
import { POST } from '../../support/auth-bench.ts'
import { clientOf, failureOf, profileOf } from '../../support/partner-client.ts'
import { json, type ScriptedServer, type Step, scriptedServer } from '../../support/scripted-server.ts'
import { type OpenTestStore, storeBench } from '../../support/store-bench.ts'

const auth: Auth = {
  type: 'oauth2',
  tokenUrl: '/token',
  clientId: '{clientId}',
  clientSecret: '{clientSecret}',
  clientAuth: 'basic',
  refreshToken: '{refreshToken}',
}
const limits = { requestsPerSecond: 1000, timeoutMs: 1000, maxResponseBytes: 100_000 }
const keys = keyring(Buffer.alloc(32, 7).toString('base64'))

export function refreshedTokenSuite(name: string, open?: OpenTestStore): void {
  describe(`PartnerClient renews tokens by a refresh token kept in the ${name} store`, () => {
    const bench = storeBench(open)
    const clients: PartnerClient[] = []
    let server: ScriptedServer
    /** A partner that takes every refresh token once, and ends the chain when one comes again. */
    let house: { newest: string; issued: number; good: (access: string) => boolean; ended: boolean }
    const step: Step = (request, response) => {
      if (request.path !== '/token')
        return json(house.good(request.headers.authorization ?? '') ? 200 : 401, {})(request, response)
      const sent = new URLSearchParams(request.body).get('refresh_token')
      if (house.ended || sent !== house.newest) {
        house.ended = true
        return json(400, { error: 'invalid_grant' })(request, response)
      }
      house.issued += 1
      house.newest = `refresh-${house.issued}`
      const token = { access_token: `access-${house.issued}`, expires_in: 3600, refresh_token: house.newest }
      return json(200, token)(request, response)
    }
    const vaultOf = () => storedTokens(bench.store.documents, keys)
    const worker = (vault: TokenVault = vaultOf(), refreshToken = 'refresh-0') => {
      const credentials = { clientId: 'id', clientSecret: 'secret', refreshToken }
      const one = clientOf({
        profile: profileOf({ book: POST }, { auth, limits }),
        baseUrl: server.url,
        clock: bench.clock,
        vault,
        settings: { credentials, parameters: {} },
      })
      clients.push(one)
      return one
    }
    beforeEach(async () => {
      house = { newest: 'refresh-0', issued: 0, good: () => true, ended: false }
      server = await scriptedServer()
      server.script(step)
    })
    afterEach(async () => {
      await Promise.all(clients.splice(0).map((one) => one.close()))
      await server.close()
    })

    it('each with the one that came with the last, over restarts', async () => {
      await worker().call('book', {})
      bench.clock.advance(2 * 3600_000)
      await worker().call('book', {})
      bench.clock.advance(2 * 3600_000)
      await worker().call('book', {})
      assert.deepEqual([house.issued, house.ended], [3, false])
      assert.equal(server.seen.at(-1)?.headers.authorization, 'Bearer access-3')
    })

    it('once for all processes: the others use what the first was given', async () => {
      const workers = Array.from({ length: 5 }, () => worker())
      for (let round = 1; round <= 3; round += 1) {
        await Promise.all(workers.flatMap((one) => [one.call('book', {}), one.call('book', {})]))
        assert.deepEqual([house.issued, house.ended], [round, false])
        bench.clock.advance(3600_000)
      }
    })

    it('once, when all of them are told that the access token is over before its time', async () => {
      const workers = Array.from({ length: 3 }, () => worker())
      await Promise.all(workers.map((one) => one.call('book', {})))
      house.good = (access) => access === 'Bearer access-2'
      await Promise.all(workers.map((one) => one.call('book', {})))
      assert.deepEqual([house.issued, house.ended], [2, false])
    })

    it('says clearly when a person must sign in again, and goes on with the token that is entered then', async () => {
      house.ended = true
      const one = worker()
      for (let times = 0; times < 3; times += 1) {
        const failure = await failureOf(one.call('book', {}))
        assert.deepEqual(
          [failure.code, failure.category, failure.effect],
          ['partner.grant-ended', 'unauthorised', 'none'],
        )
        assert.match(failure.message, /sign in again and enter the new refresh token/)
      }
      assert.equal(server.seen.length, 1)
      house = { newest: 'signed-in-anew', issued: 10, good: () => true, ended: false }
      assert.equal((await worker(vaultOf(), 'signed-in-anew').call('book', {})).outcome, 'answered')
    })

    it('keeps the old one when the service fails, and the next try has it', async () => {
      server.script(json(503, {}), step)
      const one = worker()
      assert.equal((await failureOf(one.call('book', {}))).category, 'outage')
      assert.equal((await one.call('book', {})).outcome, 'answered')
    })

    it('keeps the one that came when no other does', async () => {
      server.script((request, response) =>
        request.path === '/token'
          ? json(200, { access_token: 'a', expires_in: 60 })(request, response)
          : step(request, response),
      )
      const one = worker()
      await one.call('book', {})
      bench.clock.advance(120_000)
      await one.call('book', {})
      const sent = server.seen
        .filter(({ path }) => path === '/token')
        .map(({ body }) => new URLSearchParams(body).get('refresh_token'))
      assert.deepEqual(sent, ['refresh-0', 'refresh-0'])
    })

    it('does not lose what it was given when the store is away for a moment', async () => {
      const vault = vaultOf()
      let away = true
      const put: TokenVault['put'] = async (id, tokens, version) => {
        if (away && tokens.accessToken !== undefined) throw new CartageError('transient', 'store.busy', 'busy')
        return vault.put(id, tokens, version)
      }
      const one = worker({ ...vault, put })
      const failure = await failureOf(one.call('book', {}))
      assert.deepEqual(
        [failure.code, failure.category, failure.effect],
        ['partner.token-unstored', 'transient', 'none'],
      )
      away = false
      assert.equal((await one.call('book', {})).outcome, 'answered')
      assert.deepEqual([house.issued, house.ended], [1, false])
      bench.clock.advance(3600_000)
      assert.equal((await worker().call('book', {})).outcome, 'answered')
    })

    it('takes over where a process ended in the middle, once its time is up', async () => {
      await vaultOf().put(
        chainOf('fictional-courier', 'refresh-0'),
        { refreshToken: 'refresh-0', takenUntil: bench.clock.now() + 60_000 },
        0,
      )
      const waiting = worker()
      assert.equal((await failureOf(waiting.call('book', {}))).category, 'transient')
      bench.clock.advance(60_001)
      assert.equal((await waiting.call('book', {})).outcome, 'answered')
    })

    if (open === undefined)
      it('leaves none of them readable in the store', async () => {
        await worker().call('book', {})
        await bench.store.close()
        const files = readdirSync(bench.folder, { withFileTypes: true }).filter((entry) => entry.isFile())
        assert.ok(files.length > 0)
        for (const { name } of files) {
          const bytes = readFileSync(join(bench.folder, name)).toString('latin1')
          for (const secret of ['refresh-0', 'refresh-1', 'access-1']) assert.ok(!bytes.includes(secret), name)
        }
        bench.store = await openStore(`sqlite:${join(bench.folder, 'test.db')}`, { clock: bench.clock })
      })
  })
}
