import assert from 'node:assert/strict'
import type { Position } from '../../engine/canonical/types.ts'
import {
  ownTracksLocation,
  ownTracksTransition,
  traccarGeofence,
  traccarPosition,
} from '../../simulators/vehicles/payloads.ts'
import { flowBench } from '../support/flow-bench.ts'
import { account, node, partner, probe } from '../support/flow-nodes.ts'
import { templatesFolder } from '../support/templates.ts'

const fix = (seconds = 0) => ({
  ...{ at: new Date(Date.now() + seconds * 1000), lat: 40.724533, lon: -74.00839 },
  ...{ speedKmh: 31, heading: 271, odometerKm: 84_123 },
})

describe('telematics in over HTTP', () => {
  const bench = flowBench(() => ({
    CARTAGE_TEMPLATES: templatesFolder,
    CARTAGE_OWNTRACKS_WEBHOOK_SECRET: 'van-1:pass-of-1,van-2:pass-of-2',
    CARTAGE_TRACCAR_WEBHOOK_SECRET: 't0ken',
  }))
  beforeEach(() =>
    bench.deploy(
      ...['owntracks', 'traccar'].flatMap((slug) => [
        partner(slug),
        node(`in-${slug}`, 'telematics-in', [['position'], ['milestone']], {
          ...{ partner: account(slug), topics: '', minIntervalSeconds: 0, maxAttempts: 8 },
        }),
      ]),
      probe('position'),
      probe('milestone'),
    ),
  )
  const basic = (login: string) => ({ authorization: `Basic ${Buffer.from(login).toString('base64')}` })
  const post = (slug: string, headers: Record<string, string>, body: object | string) =>
    fetch(`${bench.hub.url}/webhooks/${slug}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
  const positionOf = async (vehicle: string) =>
    (await bench.runtime.hub.store.documents.get<Position>('position', vehicle))?.body

  it('OwnTracks: a position is on disk before the phone is answered, which wants a list', async () => {
    const answer = await post('owntracks', basic('van-1:pass-of-1'), {
      ...ownTracksLocation('VAN-1', fix()),
      topic: 'owntracks/van-1/phone',
    })
    assert.deepEqual([answer.status, await answer.json()], [200, []])
    assert.deepEqual([(await positionOf('VAN-1'))?.deviceId, (await positionOf('VAN-1'))?.speedKmh], ['phone', 31])
    assert.equal((await bench.arrived('position')).partner, 'owntracks')
  })

  it('OwnTracks: a phone is the vehicle of its login, whatever its messages say', async () => {
    const told = { ...ownTracksLocation('VAN-9', fix()), topic: 'owntracks/van-9/phone' }
    assert.equal((await post('owntracks', basic('van-2:pass-of-2'), told)).status, 200)
    assert.equal(await positionOf('VAN-9'), undefined)
    assert.equal((await positionOf('VAN-2'))?.lat, 40.724533)
  })

  it('lets in nobody without the right login or token', async () => {
    const told = ownTracksLocation('VAN-3', fix())
    for (const headers of [
      {},
      basic('van-1:pass-of-2'),
      basic('van-3:pass-of-3'),
      basic('van-1'),
      { authorization: 'Basic ' },
    ])
      assert.equal((await post('owntracks', headers as Record<string, string>, told)).status, 401)
    const traccar = traccarPosition('VAN-3', 3, fix(), 1)
    assert.equal((await post('traccar', { 'x-cartage-token': 'guess' }, traccar)).status, 401)
    assert.equal(await positionOf('VAN-3'), undefined)
  })

  it('a milestone that is told again is one, by whichever of them', async () => {
    const arrived = ownTracksTransition('VAN-1', fix(), 'enter', '80001042')
    for (let times = 0; times < 3; times++) await post('owntracks', basic('van-1:pass-of-1'), arrived)
    const fence = traccarGeofence('VAN-8', 8, fix(), 7, 'geofenceEnter', '80001043')
    for (let times = 0; times < 2; times++) await post('traccar', { 'x-cartage-token': 't0ken' }, fence)
    await bench.arrived('milestone', 2)
    await bench.settled('telematics.owntracks')
    await bench.settled('telematics.traccar')
    assert.deepEqual(
      bench
        .at('milestone')
        .map(({ payload }) => payload.data.shipmentRef.value)
        .sort(),
      ['80001042', '80001043'],
    )
    assert.ok(await positionOf('VAN-8'), 'an event of Traccar says where it was, too')
  })

  it('keeps what cannot be used as a dead letter with its bytes, and says yes', async () => {
    for (const rotten of ['{"_type":"location","lat":', '{"_type":"location","lat":400,"lon":0,"tst":1795700000}']) {
      const before = (await bench.deadLetters('telematics.owntracks')).length
      assert.equal((await post('owntracks', basic('van-1:pass-of-1'), rotten)).status, 200)
      await bench.settled('telematics.owntracks')
      const letters = await bench.deadLetters('telematics.owntracks')
      assert.equal(letters.length, before + 1)
      assert.equal(Buffer.from(letters.at(-1)?.message.raw ?? []).toString(), rotten)
    }
  })
})
