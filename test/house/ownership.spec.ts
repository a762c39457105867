import assert from 'node:assert/strict'
import type { Entity } from '../../engine/canonical/index.ts'
import type { Json, JsonObject } from '../../engine/json.ts'
import { type MappingRef, mappingsOf, samplesOf } from '../../engine/mapping/catalogue.ts'
import { isObject } from '../../engine/partner/answer.ts'
import { foreignFields, ownerOf } from '../../engine/partner/ownership.ts'
import { onlyAsks, type Profile } from '../../engine/partner/profile-types.ts'
import { evaluator, sample, templateFolders, templateIn } from '../support/templates.ts'

/** Under which name an operation is given what; a shipment is given without one, too. */
const GIVEN: Record<string, Entity> = {
  ...{ shipment: 'shipment', event: 'delivery-event', pod: 'proof-of-delivery', order: 'order', case: 'case' },
  ...{ charge: 'charge', position: 'position', adjustment: 'stock-adjustment', receipt: 'return-receipt' },
}
/** Systems with records of their own. A courier is told what it needs to deliver, and keeps none of it. */
const KEEPERS = new Set<Profile['kind']>(['erp', 'wms', 'crm', 'planner'])

describe('who owns a field', () => {
  const profiles = templateFolders().map(templateIn)

  describe('is the only one who sets it: what partners tell', () => {
    const told = profiles.flatMap((profile) =>
      mappingsOf(profile)
        .filter(({ direction, role }) => direction === 'in' && !['answer', 'refusal', 'lookup'].includes(role))
        .map((ref) => ({ profile, ref })),
    )
    it('is looked at', () => assert.ok(told.length > 60))
    for (const { profile, ref } of told)
      it(`${profile.id}: ${ref.name}, ${ref.document ?? ref.role}`, () => {
        const documents = goldens(profile, ref)
        const foreign = documents.flatMap(({ entity, document }) => foreignFields(profile.kind, entity, document))
        assert.deepEqual([...new Set(foreign)], [])
      })
  })

  describe('is said where others get a copy: `tells` of an operation names whose words go along', () => {
    const asked = profiles
      .filter(({ kind }) => KEEPERS.has(kind))
      .flatMap((profile) => mappingsOf(profile).map((ref) => ({ profile, ref })))
      .filter(({ profile, ref }) => ref.role === 'request' && !onlyAsks(profile.operations[ref.operation ?? '']!))
    it('is looked at', () => assert.ok(asked.length > 40))
    for (const { profile, ref } of asked)
      it(`${profile.id}: ${ref.operation}`, async () => {
        const { tells = [] } = profile.operations[ref.operation ?? '']!
        const source = profile.mappings[ref.name] ?? assert.fail('no mapping')
        const params = Object.fromEntries(profile.parameters.map((one) => [one.name, one.default ?? one.name]))
        const found = new Set<string>()
        for (const { input, bound = {} } of samplesOf(profile, ref)) {
          const beside = Object.entries(bound).map(([name, file]) => [name, sample(profile, file)])
          const given = { params, key: 'key', page: {}, session: {}, ...Object.fromEntries(beside) }
          const run = async (one: unknown) =>
            JSON.stringify(await evaluator.evaluate(source, one, given).catch((error: Error) => error.message))
          for (const owner of await toldOwners(profile, sample(profile, input), run)) found.add(owner)
        }
        assert.deepEqual([...tells].sort(), [...found].sort(), `"tells" must be ${JSON.stringify([...found].sort())}`)
      })
  })

  it('is found out at all', () => {
    const event = { type: 'delivery.completed', eta: '2026-01-01T00:00:00Z' } as unknown as JsonObject
    assert.deepEqual(foreignFields('courier', 'delivery-event', event), [])
    assert.deepEqual(foreignFields('wms', 'delivery-event', event), ['type'])
    const lines = [{ lineId: '1', sku: 'A', ordered: 2, picked: 1, unit: 'PC' }]
    const picked = { orderId: 'SO-1', status: 'packed', lines } as unknown as JsonObject
    assert.deepEqual(foreignFields('wms', 'fulfilment-order', picked), [])
    assert.deepEqual(foreignFields('crm', 'fulfilment-order', picked), ['lines.picked', 'status'])
    assert.deepEqual(foreignFields('crm', 'order', { promise: {} }), ['promise'])
    assert.equal(ownerOf('erp', 'shipment', 'eta'), 'courier')
    assert.equal(ownerOf('erp', 'shipment', 'consignee'), undefined)
  })
})

/** What the mapping made of its samples, and what that is. */
function goldens(profile: Profile, ref: MappingRef): { entity: Entity; document: JsonObject }[] {
  return samplesOf(profile, ref).flatMap(({ golden }) => {
    if (golden === undefined) return []
    const documents = [sample(profile, golden)].flat().filter(isObject)
    return documents.flatMap(({ entity, ...document }) => {
      const named = (entity as Entity | undefined) ?? ref.entity
      return named === undefined ? [] : [{ entity: named, document: document as JsonObject }]
    })
  })
}

/** Owners of the fields without which the request is another one. */
async function toldOwners(
  profile: Profile,
  input: Json,
  run: (input: unknown) => Promise<string>,
): Promise<Set<string>> {
  const owners = new Set<string>()
  if (!isObject(input)) return owners
  const whole = await run(input)
  const parts: [JsonObject, Entity, (without: JsonObject) => Json][] = Object.entries(GIVEN).flatMap(
    ([name, entity]) => {
      const part = input[name]
      return isObject(part) ? [[part, entity, (without) => ({ ...input, [name]: without })]] : []
    },
  )
  if ('shipmentId' in input && 'consignee' in input) parts.push([input, 'shipment', (without) => without])
  for (const [part, entity, around] of parts)
    for (const field of Object.keys(part)) {
      const owner = ownerOf(profile.kind, entity, field)
      if (owner === undefined || owners.has(owner)) continue
      const { [field]: _left, ...without } = part
      if ((await run(around(without as JsonObject))) !== whole) owners.add(owner)
    }
  return owners
}
