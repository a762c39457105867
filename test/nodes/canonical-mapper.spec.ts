import assert from 'node:assert/strict'
import { flowBench } from '../support/flow-bench.ts'
import { account, catchAll, node, partner, probe, source } from '../support/flow-nodes.ts'
import { type TestPartners, testPartners } from '../support/test-partner.ts'

const AT = '2026-03-02T14:47:02Z'

describe('canonical mapper', () => {
  let partners: TestPartners
  const bench = flowBench(async () => {
    partners = await testPartners()
    return partners.env
  })
  after(() => partners.close())

  const mapper = (fields: Record<string, unknown> = {}, refused: string[] = ['refused']) =>
    node('map', 'canonical-mapper', [['mapped'], refused], {
      partner: account('test-courier'),
      direction: 'in',
      entity: 'delivery-event',
      mapping: 'webhook.jsonata',
      mappingType: 'template',
      ...fields,
    })
  const flow = (map = mapper()) => [
    partner('test-courier'),
    source('map'),
    map,
    probe('mapped'),
    probe('refused'),
    catchAll('caught'),
    probe('caught'),
  ]
  const inline = (mapping: string, fields: Record<string, unknown> = {}, refused?: string[]) =>
    mapper({ mapping, mappingType: 'jsonata', ...fields }, refused)

  it("makes a canonical event of the partner's, by the template's mapping and code table", async () => {
    await bench.deploy(...flow())
    await bench.publish({ status: 'delivered', ref: 'SO-1', at: AT }, { partner: 'test-courier' })
    const { payload, topic } = await bench.arrived('mapped')
    assert.equal(topic, 'delivery.completed')
    assert.equal(payload.specversion, '1.0')
    const { data } = payload
    assert.deepEqual(
      [data.type, data.rawCode, data.shipmentRef, data.occurredAt, data.provider, data.mappingVersion.slice(0, 6)],
      ['delivery.completed', 'delivered', { type: 'order', value: 'SO-1' }, AT, 'test-courier', '1.0.0+'],
    )
  })

  it('keeps the message as a dead letter when what it mapped leads nowhere', async () => {
    const map = { ...mapper(), wires: [[], []] }
    await bench.deploy(partner('test-courier'), source('map'), map)
    const id = await bench.publish({ status: 'delivered', ref: 'SO-1', at: AT }, { partner: 'test-courier' })
    assert.equal((await bench.deadLetterOf(id)).failure.code, 'mapping.unwired')
  })

  it('gives one fact one id, whichever message tells it', async () => {
    await bench.deploy(...flow())
    const fact = { status: 'delivered', ref: 'SO-1', at: AT }
    await bench.publish({ ...fact, sentBy: 'webhook' })
    await bench.publish({ ...fact, sentBy: 'poll' })
    await bench.publish({ ...fact, at: '2026-03-02T15:00:00Z' })
    await bench.settled()
    const [one, two, other] = bench.at('mapped').map(({ payload }) => payload)
    assert.equal(one.id, two.id)
    assert.equal(one.data.dedupKey, two.data.dedupKey)
    assert.notEqual(one.id, other.id)
  })

  it('keeps a code that the table does not know as unmapped', async () => {
    await bench.deploy(...flow())
    await bench.publish({ status: 'teleported', ref: 'SO-1', at: AT })
    const { data } = (await bench.arrived('mapped')).payload
    assert.deepEqual([data.type, data.rawCode], ['status.unmapped', 'teleported'])
  })

  it("tells the mapping the account's parameters, both ways", async () => {
    const event = `{ "type": "transit.moving", "rawCode": $params.depot,
      "shipmentRef": { "type": "order", "value": body.ref }, "occurredAt": body.at }`
    await bench.deploy(...flow(inline(event)))
    await bench.publish({ ref: 'SO-1', at: AT })
    assert.equal((await bench.arrived('mapped')).payload.data.rawCode, 'D-0')

    await bench.deploy(...flow(inline('{ "depot": $params.depot }', { direction: 'out', entity: '' })))
    await bench.publish({ orderId: 'SO-1' })
    assert.deepEqual((await bench.arrived('mapped')).payload, { depot: 'D-0' })
  })

  it('settles a message of no interest without any output', async () => {
    await bench.deploy(...flow())
    const id = await bench.publish({ status: 'noise', ref: 'SO-1', at: AT })
    await bench.settled()
    assert.deepEqual([bench.at('mapped'), bench.at('refused'), bench.at('caught')], [[], [], []])
    assert.ok(!(await bench.deadLetters('work')).some(({ message }) => message.id === id))
  })

  it('makes one message of each event that a mapping written here gives', async () => {
    const events = `body.list.{ "type": $code(s).type, "rawCode": s,
      "shipmentRef": { "type": "order", "value": $$.body.ref }, "occurredAt": $$.body.at }`
    await bench.deploy(...flow(inline(events)))
    await bench.publish({ ref: 'SO-1', at: AT, list: [{ s: 'picked_up' }, { s: 'delivered' }] })
    await bench.arrived('mapped', 2)
    assert.deepEqual(
      bench.at('mapped').map(({ topic }) => topic),
      ['pickup.completed', 'delivery.completed'],
    )
  })

  it('takes the partner from the message when it names none itself', async () => {
    await bench.deploy(...flow(mapper({ partner: '' })))
    await bench.publish({ status: 'delivered', ref: 'SO-1', at: AT }, { partner: 'test-courier' })
    assert.equal((await bench.arrived('mapped')).partner, 'test-courier')
  })

  it("makes the partner's document of a canonical one, the other way round", async () => {
    await bench.deploy(...flow(mapper({ direction: 'out', entity: '', mapping: 'label.jsonata' })))
    await bench.publish({ ref: 'SO-1' })
    assert.deepEqual((await bench.arrived('mapped')).payload, { label: 'SO-1!' })
  })

  it('reads a document in the format that the template declares, from text or bytes, and leaves what is read already', async () => {
    await bench.deploy(...flow(mapper({ mapping: 'status-file.jsonata' })))
    const event = `<event status="delivered"><ref>SO-1</ref><at>${AT}</at></event>`
    await bench.publish(`<s:events xmlns:s="urn:s">${event}${event.replace('SO-1', 'SO-2')}</s:events>`)
    await bench.publish({ events: { event: { '@status': 'picked_up', ref: 'SO-3', at: AT } } })
    await bench.arrived('mapped', 3)
    assert.deepEqual(
      bench.at('mapped').map(({ payload: { data } }) => [data.shipmentRef.value, data.type]),
      [
        ['SO-1', 'delivery.completed'],
        ['SO-2', 'delivery.completed'],
        ['SO-3', 'pickup.completed'],
      ],
    )
  })

  it('refuses a document that cannot be read, as it came and with the place', async () => {
    await bench.deploy(...flow(mapper({ mapping: 'status-file.jsonata' })))
    await bench.publish('<events>\n<event>')
    const refused = await bench.arrived('refused')
    assert.deepEqual([refused.payload, refused.failure.code], ['<events>\n<event>', 'format.xml'])
  })

  it('writes a document in its format: text, or the bytes of an interchange', async () => {
    const outward = (mapping: string) => flow(mapper({ direction: 'out', entity: '', mapping }))
    await bench.deploy(...outward('manifest-file.jsonata'))
    await bench.publish([{ orderId: 'SO-1', note: 'a,b' }, { orderId: 'SO-2' }])
    assert.equal((await bench.arrived('mapped')).payload, 'order,note\r\nSO-1,"a,b"\r\nSO-2,\r\n')

    await bench.deploy(...outward('tender.jsonata'))
    await bench.publish({ orderId: 'SO-1' })
    assert.match(
      String((await bench.arrived('mapped')).payload),
      /^ISA\*.*~\nGS\*SM\*US\*THEM\*.*~\nST\*204\*0001~\nB2\*{4}SO-1~\n/,
    )
  })

  it('sends what breaks the schema to its second output, as it came and naming the field', async () => {
    await bench.deploy(...flow())
    const body = { status: 'delivered', ref: 'SO-1', at: 'yesterday' }
    await bench.publish(body)
    const refused = await bench.arrived('refused')
    assert.deepEqual(refused.payload, body)
    assert.deepEqual([refused.failure.category, refused.failure.code], ['invalid', 'mapping.result'])
    assert.match(refused.error.message, /occurredAt/)
    assert.equal(bench.status('map')?.fill, 'red')
    await bench.settled()
    assert.deepEqual(bench.at('mapped'), [])
  })

  it('names every field that is wrong with what it was made from; personal values are masked', async () => {
    const events = `body.list.{ "type": "transit.moving", "rawCode": "x", "shipmentRef": { "type": "order", "value": "SO-1" },
      "occurredAt": when, "rawText": driver.phone }`
    await bench.deploy(partner('test-courier'), source('map'), inline(events, {}, []), probe('mapped'))
    const list = [{ when: AT }, { when: 'soon', driver: { phone: 4917012345 } }]
    const { failure } = await bench.deadLetterOf(await bench.publish({ list }))
    assert.match(failure.message, /occurredAt must be an RFC 3339 .*\(from body\.list\.when\), and 1 more/)
    const [time, text] = failure.issues ?? []
    assert.deepEqual([time?.field, time?.item, time?.value], ['occurredAt', 1, 'soon'])
    assert.deepEqual(time?.from, [{ path: 'body.list.when', value: [AT, 'soon'] }])
    assert.deepEqual([text?.field, text?.value], ['rawText', '***'])
    assert.deepEqual(text?.from, [{ path: 'body.list.driver.phone', value: '***' }])
    assert.deepEqual(bench.at('mapped'), [], 'of several events all go on or none')
    for (const line of bench.hub.errors) assert.doesNotMatch(JSON.stringify(line), /soon|4917012345/)
  })

  it('names the field that was being made when a function refused', async () => {
    const event = `( $at := $isoFromEpochMs(body.time);
      { "type": "transit.moving", "rawCode": "x", "shipmentRef": { "type": "order", "value": "SO-1" }, "occurredAt": $at } )`
    await bench.deploy(...flow(inline(event)))
    await bench.publish({ time: 1772463422 })
    const { failure } = await bench.arrived('refused')
    assert.deepEqual([failure.code, failure.issues[0].field], ['mapping.value', 'occurredAt'])
    assert.match(
      failure.message,
      /\$isoFromEpochMs: the value looks like seconds at position \d+, making occurredAt \(from body\.time\)/,
    )
    assert.deepEqual(failure.issues[0].from, [{ path: 'body.time', value: 1772463422 }])
  })

  it('towards a partner checks the canonical object first, and names what the partner needs beyond', async () => {
    const outward = (mapping: string) => flow(inline(mapping, { direction: 'out', entity: 'position' }))
    const position = {
      vehicleId: 'VAN-1',
      deviceId: 'box',
      at: AT,
      lat: 52.5,
      lon: 13.4,
      provider: 'acme',
      receivedAt: AT,
    }
    await bench.deploy(...outward('{ "plate": vehicleId }'))
    await bench.publish({ ...position, lat: 'north' })
    const { failure } = await bench.arrived('refused')
    assert.deepEqual([failure.category, failure.code, failure.issues[0].field], ['invalid', 'mapping.input', 'lat'])
    await bench.publish(position)
    assert.deepEqual((await bench.arrived('mapped')).payload, { plate: 'VAN-1' })

    await bench.deploy(...outward('$requires($, ["vehicleId", "speedKmh", "odometerKm"]).{ "plate": vehicleId }'))
    await bench.publish(position)
    const missing = await bench.arrived('refused')
    assert.match(missing.failure.message, /speedKmh, odometerKm are missing/)
    assert.deepEqual(
      missing.failure.issues.map(({ field }: { field: string }) => field),
      ['speedKmh', 'odometerKm'],
    )
  })

  it('fails instead when nobody listens there: a dead letter at once', async () => {
    await bench.deploy(partner('test-courier'), source('map'), mapper({}, []), probe('mapped'))
    const letter = await bench.deadLetterOf(await bench.publish({ status: 'delivered', ref: 'SO-1', at: 'yesterday' }))
    assert.deepEqual([letter.failure.code, letter.failure.nodeId, letter.attempts], ['mapping.result', 'map', 1])
  })

  for (const [what, mapping, code] of [
    ['asks what a function cannot give', '$number("x")', /^mapping\./],
    ['does not come to an end', '($f := function($n) { $f($n + 1) }; $f(0))', /^mapping\./],
    ['reaches for the machinery of the language', '{ "__proto__": { "x": 1 } }', /^mapping\./],
  ] as const)
    it(`refuses the message when its mapping ${what}, and goes on`, async () => {
      await bench.deploy(...flow(inline(mapping, { direction: 'out', entity: '' })))
      await bench.publish({ ref: 'SO-1' })
      const refused = await bench.arrived('refused')
      assert.equal(refused.failure.category, 'invalid')
      assert.match(refused.failure.code, code)
    })

  it('works by the new mapping after a redeploy', async () => {
    await bench.deploy(...flow(inline('{ "v": 1 }', { direction: 'out', entity: '' })))
    await bench.publish({})
    assert.deepEqual((await bench.arrived('mapped')).payload, { v: 1 })
    await bench.deploy(...flow(inline('{ "v": 2 }', { direction: 'out', entity: '' })))
    await bench.publish({})
    assert.deepEqual((await bench.arrived('mapped')).payload, { v: 2 })
  })

  it('shows at deploy that a mapping written here is no JSONata', async () => {
    await bench.deploy(...flow(inline('{ "v": ')))
    assert.equal(bench.status('map')?.fill, 'red')
  })

  it('is an error that a catch node gets when the template has no such mapping', async () => {
    await bench.deploy(...flow(mapper({ mapping: 'nothing.jsonata' })))
    await bench.publish({})
    const caught = await bench.arrived('caught')
    assert.deepEqual([caught.failure.category, caught.failure.code], ['bug', 'mapping.missing'])
    assert.equal(bench.status('map')?.fill, 'red')
  })
})
