import assert from 'node:assert/strict'
import { mappingOf, mappingsOf, samplesOf } from '../../engine/mapping/catalogue.ts'
import { samplesOf as filesOf, templateFolders, templateIn, templateOf } from '../support/templates.ts'

const goldens = (slug: string, name: string) => {
  const profile = templateOf(slug)
  return mappingsOf(profile)
    .filter((ref) => ref.name === name)
    .flatMap((ref) => samplesOf(profile, ref))
}

describe('the catalogue of mappings', () => {
  for (const folder of templateFolders()) {
    const profile = templateIn(folder)
    it(`${profile.id}: has every mapping file, and every golden belongs to a mapping`, () => {
      const refs = mappingsOf(profile)
      assert.deepEqual([...new Set(refs.map(({ name }) => name))].sort(), Object.keys(profile.mappings).sort())
      const claimed = new Set(refs.flatMap((ref) => samplesOf(profile, ref).map(({ golden }) => golden)))
      const alone = filesOf(profile).filter((file) => file.endsWith('.canonical.json') && !claimed.has(file))
      assert.deepEqual(alone, [])
    })
  }

  it("shows a courier's webhook as its events, each sample with headers and golden", () => {
    const profile = templateOf('onfleet')
    const ref = mappingOf(profile, 'map/webhook.jsonata')
    assert.ok(ref)
    assert.deepEqual(
      [ref.role, ref.direction, ref.entity, ref.input, ref.format],
      ['webhook', 'in', 'delivery-event', 'delivery', 'json'],
    )
    const samples = samplesOf(profile, ref)
    assert.ok(samples.length > 3)
    for (const { input, golden, headers } of samples.filter((one) => one.headers))
      assert.deepEqual(
        [golden, headers],
        [input.replace('.json', '.canonical.json'), input.replace('.json', '.http.json')],
      )
  })

  it('has one use of a mapping for each operation that shares it', () => {
    const uses = mappingsOf(templateOf('easypost')).filter(({ name }) => name === 'map/shipment.answer.jsonata')
    assert.deepEqual(
      uses.map(({ role, operation }) => [role, operation]),
      [
        ['answer', 'book'],
        ['answer', 'findBooking'],
      ],
    )
    assert.deepEqual(
      goldens('easypost', 'map/shipment.answer.jsonata').map(({ input, golden, asked }) => [input, golden, asked]),
      [
        ['book.response.json', 'book.answer.json', 'book.input.json'],
        ['findBooking.response.json', 'findBooking.answer.json', 'findBooking.input.json'],
      ],
    )
  })

  it('tells positions and events of the same broker apart by their goldens', () => {
    const positions = goldens('owntracks', 'map/position.jsonata').map(({ name }) => name)
    const events = goldens('owntracks', 'map/event.jsonata').map(({ name }) => name)
    assert.ok(positions.includes('mqtt.location') && positions.includes('mqtt.lwt'), positions.join())
    assert.ok(events.includes('mqtt.transition') && !events.includes('mqtt.location'), events.join())
  })

  it('shows what is polled with the operation that fetches it', () => {
    const ref = mappingOf(templateOf('optimoroute'), 'map/events.jsonata')
    assert.deepEqual([ref?.role, ref?.operation, ref?.entity], ['poll', 'getEvents', 'delivery-event'])
    assert.equal(goldens('optimoroute', 'map/events.jsonata')[0]?.golden, 'polled.on_duty.canonical.json')
  })

  it('finds both directions of documents, whatever they are written in', () => {
    const order = {
      label: 'Order',
      direction: 'in',
      entity: 'order',
      mapping: 'map/order.jsonata',
      format: 'xml',
    } as const
    const advice = { direction: 'out', entity: 'shipment', mapping: 'map/advice.jsonata', format: 'edifact' } as const
    const { webhook: _webhook, ...declared } = templateOf('sap-s4hana')
    const profile = {
      ...declared,
      documents: { order, advice },
      mappings: { 'map/order.jsonata': '1', 'map/advice.jsonata': '1' },
      operations: {},
    }
    assert.deepEqual(
      mappingsOf(profile).map(({ name, direction, entity, input, format, samples }) => [
        ...[name, direction, entity, input, format, samples],
      ]),
      [
        ['map/order.jsonata', 'in', 'order', 'delivery', 'xml', 'order.'],
        ['map/advice.jsonata', 'out', 'shipment', 'document', 'edifact', 'advice.'],
      ],
    )
  })
})
