import assert from 'node:assert/strict'
import { CartageError } from '../../engine/errors.ts'
import { describeFailure } from '../../engine/delivery/failure.ts'
import { createEvaluator } from '../../engine/mapping/evaluate.ts'
import { type MappingJob, mapEntities, mapEvents, mapPositions } from '../../engine/mapping/map-events.ts'
import { mapOut } from '../../engine/mapping/map-out.ts'

const evaluator = createEvaluator()
const AT = '2026-03-02T14:47:02Z'

const job = (mappingSource: string, body: unknown): MappingJob => ({
  profile: { id: 'acme', version: '1.0.0', codes: { DLV: { type: 'delivery.completed' } } },
  mappingSource,
  body,
  headers: {},
  context: { receivedAt: AT, correlationId: 'c' },
})

async function failure(work: Promise<unknown>): Promise<CartageError> {
  const error = await work.then(
    () => assert.fail('it did not fail'),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof CartageError, String(error))
  assert.equal(error.category, 'invalid')
  return error
}

const EVENT = `body.events.{
  "type": $code(code).type, "rawCode": code, "shipmentRef": $reference("order", no),
  "occurredAt": at, "rawText": text
}`
const good = { code: 'DLV', no: 'SO-1', at: AT }

describe('what comes out of a mapping', () => {
  it('is as many events as the payload tells', async () => {
    const events = await mapEvents(evaluator, job(EVENT, { events: [good, { ...good, no: 'SO-2' }] }))
    assert.deepEqual(
      events.map(({ data }) => [data.type, data.shipmentRef.value]),
      [
        ['delivery.completed', 'SO-1'],
        ['delivery.completed', 'SO-2'],
      ],
    )
  })

  it('is not valid under a key that came out without what tells facts apart: all but the first would be lost', async () => {
    const mapping = (type: string) => `{ "type": ${type}, "rawCode": "DLV", "shipmentRef": $reference("order", body.no),
      "occurredAt": body.at, "dedupKey": "acme|" & body.event_id }`
    for (const type of ['"delivery.completed"', '$code("never heard of").type']) {
      const error = await failure(mapEvents(evaluator, job(mapping(type), good)))
      assert.deepEqual([error.code, error.field], ['mapping.result', 'dedupKey'], error.message)
      assert.match(error.message, /ends in nothing/)
      assert.equal((await mapEvents(evaluator, job(mapping(type), { ...good, event_id: 'e-1' }))).length, 1)
    }
  })

  it('is all or nothing: a bad one among good ones fails all, and every fault of every one is named', async () => {
    const events = [good, { code: 'DLV', at: 'noon' }, { ...good, at: 7 }]
    const error = await failure(mapEvents(evaluator, job(EVENT, { events })))
    assert.deepEqual([error.code, error.field], ['mapping.result', 'shipmentRef'])
    assert.deepEqual(
      error.issues.map(({ item, field, value }) => [item, field, value]),
      [
        [1, 'shipmentRef', undefined],
        [1, 'occurredAt', 'noon'],
        [2, 'occurredAt', 7],
      ],
    )
    assert.match(
      error.message,
      /^the mapped delivery-event is not valid: shipmentRef is missing \(from body\.events\.no\), and 2 more$/,
    )
  })

  it('is a document of the entity that it names, else an error', async () => {
    const error = await failure(mapEntities(evaluator, job('{ "entity": "parcel" }', {})))
    assert.deepEqual([error.code, error.field], ['mapping.result', 'entity'])
    const broken = await failure(
      mapEntities(
        evaluator,
        job('{ "entity": "case", "caseId": body.no, "openedAt": body.day }', { no: 5, day: 'today' }),
      ),
    )
    const fields = broken.issues.map(({ field, from }) => [field, from?.[0]?.path])
    assert.ok(
      fields.some(([field, path]) => field === 'caseId' && path === 'body.no'),
      JSON.stringify(fields),
    )
    assert.ok(fields.some(([field, path]) => field === 'openedAt' && path === 'body.day'))
  })

  it('is a position with a place on earth', async () => {
    const error = await failure(
      mapPositions(
        evaluator,
        job('{ "vehicleId": "V", "deviceId": "D", "at": body.t, "lat": body.y, "lon": 13 }', { t: AT, y: 91.5 }),
      ),
    )
    // Where a vehicle is, is where its driver is.
    assert.deepEqual(
      error.issues.map(({ field, value, from }) => [field, value, from]),
      [['lat', '***', [{ path: 'body.y', value: '***' }]]],
    )
  })

  it('tells nobody what is personal, neither by the canonical field nor by the partner’s', async () => {
    const person = { name: 'Erika Muster', phone: '+49 170 1234567', mail: 'e.muster@example.com', note: 'ring twice' }
    const mapping = `{ "type": body.name, "rawCode": body.phone, "reason": body.note, "occurredAt": body.mail,
      "rawText": body.name & $pad("", 2000), "shipmentRef": { "type": "order", "value": body.plain.mail } }`
    const error = await failure(mapEvents(evaluator, job(mapping, { ...person, plain: { mail: '' } })))
    assert.ok(error.issues.length >= 4, JSON.stringify(error.issues))
    const said = JSON.stringify([error, error.message, error.issues, describeFailure(error), { ...error }])
    for (const value of ['Erika', '170', 'e.muster', 'ring twice'])
      assert.ok(!said.includes(value), `${value} in ${said}`)
    assert.ok(said.includes('body.name'))
  })

  it('is no value that is as long as the sender likes, and no object', async () => {
    const body = {
      events: [
        { ...good, at: 'x'.repeat(5000) },
        { ...good, at: { deep: 'secret' } },
      ],
    }
    const { issues } = await failure(mapEvents(evaluator, job(EVENT, body)))
    assert.deepEqual(
      issues.map(({ field, value }) => [field, typeof value === 'string' ? value.length : value]),
      [
        ['occurredAt', 80],
        ['occurredAt', 80],
        // Made by the hub of several fields: what is in it is not told.
        ['dedupKey', 3],
        ['occurredAt', undefined],
      ],
    )
    assert.ok(JSON.stringify(issues).length < 2000)
  })

  it('an error that is kept carries its issues, and a log does not find them', async () => {
    const error = await failure(mapEvents(evaluator, job(EVENT, { events: [{ ...good, at: 'noon' }] })))
    assert.deepEqual(describeFailure(error).issues, error.issues)
    assert.ok(!Object.keys(error).includes('issues'))
    assert.ok(!error.message.includes('noon'))
  })
})

describe('a mapping that fails', () => {
  const made = async (mapping: string, body: unknown) => {
    const error = await failure(mapEvents(evaluator, job(mapping, body)))
    return { error, field: error.field, issue: error.issues[0] }
  }

  it('says which field was being made, from what, and by which function', async () => {
    const { error, field, issue } = await made(
      '{ "type": "x", "eta": $isoFromEpoch(body.eta), "occurredAt": body.at }',
      { eta: 'soon', at: AT },
    )
    assert.equal(field, 'eta')
    assert.equal(error.message, '$isoFromEpoch: the value is no time at position 36, making eta (from body.eta)')
    assert.deepEqual(issue?.from, [{ path: 'body.eta', value: 'soon' }])
  })

  it('of two uses of a function says which', async () => {
    const mapping = '{ "occurredAt": $isoFromEpoch(body.a), "eta": $isoFromEpoch(body.b) }'
    assert.equal((await made(mapping, { a: 1772463422, b: 'x' })).field, 'eta')
    assert.equal((await made(mapping, { a: 'x', b: 1772463422 })).field, 'occurredAt')
  })

  it('looks through variables', async () => {
    const mapping = '( $t := body.task; $at := $isoFromEpochMs($t.time); { "type": "x", "occurredAt": $at } )'
    assert.equal((await made(mapping, { task: { time: 12 } })).field, 'occurredAt')
  })

  it('says it of the language’s own functions, too', async () => {
    const { error, field } = await made('{ "type": "x", "lines": [{ "delivered": $number(body.qty) }] }', {
      qty: 'two',
    })
    assert.equal(error.code, 'mapping.failed')
    assert.equal(field, 'lines.delivered')
    assert.ok(!error.message.includes('two'))
  })

  it('claims nothing where it cannot know', async () => {
    const { error, field } = await made(
      '( $f := function($x) { $isoFromEpoch($x) }; { "occurredAt": $f(body.a), "eta": $f(body.b) } )',
      { a: 'x' },
    )
    assert.equal(field, undefined)
    assert.equal(error.code, 'mapping.value')
  })
})

describe('what goes into a mapping towards a partner', () => {
  const position = {
    vehicleId: 'VAN-1',
    deviceId: 'box',
    at: AT,
    lat: 52.5,
    lon: 13.4,
    provider: 'acme',
    receivedAt: AT,
  }
  const out = (entity: string, document: unknown, mappingSource = '{ "plate": vehicleId }') =>
    mapOut(evaluator, { entity, mappingSource, document, params: {} })

  it('is checked against its schema: one document, a list, an event in its envelope', async () => {
    assert.deepEqual(await out('position', position), { plate: 'VAN-1' })
    assert.deepEqual(await out('position', [position, position], '{ "n": $count($) }'), { n: 2 })
    const error = await failure(out('position', [position, { ...position, vehicleId: 7, at: 'x' }]))
    assert.equal(error.code, 'mapping.input')
    assert.deepEqual(error.issues.map(({ item, field }) => `${item} ${field}`).sort(), ['1 at', '1 vehicleId'])
    const [event] = await mapEvents(evaluator, job(EVENT, { events: [good] }))
    assert.deepEqual(await out('delivery-event', event, '{ "s": data.rawCode }'), { s: 'DLV' })
    assert.equal((await failure(out('delivery-event', { ...event, data: {} }, '1'))).code, 'mapping.input')
  })

  for (const document of [undefined, null, 'text', 7, {}, { __proto__: null }])
    it(`${JSON.stringify(document)} is none`, async () =>
      assert.equal((await failure(out('shipment', document, '1'))).code, 'mapping.input'))

  it('is not checked where nobody says what it is', async () => {
    assert.deepEqual(await out('', { vehicleId: 1 }), { plate: 1 })
    assert.deepEqual(await out('constructor', { vehicleId: 1 }), { plate: 1 })
  })

  it('what the partner needs beyond is named by path, all of it', async () => {
    const mapping = '$requires($, ["vehicleId", "speedKmh", "odometerKm"]).{ "plate": vehicleId }'
    const error = await failure(out('position', position, mapping))
    assert.match(error.message, /^\$requires: speedKmh, odometerKm are missing at position \d+$/)
    assert.deepEqual(
      error.issues.map(({ field, message }) => [field, message]),
      [
        ['speedKmh', 'is missing'],
        ['odometerKm', 'is missing'],
      ],
    )
  })
})
