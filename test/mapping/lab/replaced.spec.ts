import assert from 'node:assert/strict'
import fc from 'fast-check'
import { disguised } from '../../../engine/mapping/lab/disguise.ts'
import { personalPathsIn, replacedPathsIn } from '../../../engine/mapping/lab/personal.ts'
import { hintsOf, labelsOf } from '../../../engine/mapping/lab/provenance.ts'

const BODY = {
  action: 'parcel_status_changed',
  timestamp: 1764150000123,
  parcel: {
    id: 3172,
    name: 'Mika Beispiel',
    company_name: 'Fictional Goods',
    address: 'Musterlaan 115',
    address_divided: { street: 'Musterlaan', house_number: '115' },
    city: 'Sampledam',
    postal_code: '1234 ZZ',
    telephone: '0612345678',
    email: 'mika.beispiel@example.org',
    date_created: '2026-11-20T06:48:07',
    tracking_number: '3SXYZ129123304',
    weight: '2.000',
    label: {
      normal: ['https://panel.parcelo.example/api/v2/label/normal_printer/3172?start_from=0&hash=bbfd12'],
      proof: 'https://panel.parcelo.example/proof/Qkdjeuwb.pdf',
    },
    status: { id: 3, message: 'En route to sorting center' },
    country: { iso_2: 'NL', name: 'Netherlands' },
    shipment: { id: 1, name: 'Parcelo Standard' },
    order_number: 'ORD-12334',
    customer: { id: 88231 },
    shipment_uuid: '87e18823-016b-479b-b9e0-c5c0c4065452',
    external_order_id: 'AMZ23311',
    note: 'Give it to Mika, who is at home',
    history: [{ code: 'X1', text: 'Handed to Mika Beispiel in Sampledam' }, { url: 'https://parcelo.example' }],
    numbers: [12334, 'ref 3SXYZ129123304.'],
  },
}
const SOURCE = '{"type": $code(body.parcel.status.id).type, "rawText": body.parcel.status.message}'
const HINTS = hintsOf({ direction: 'in', entity: 'delivery-event' }, SOURCE)
const SECRET = { salt: 'salt', kept: new Set<string>() }

function withInventions(salt = 'salt') {
  const body = { body: BODY }
  return (disguised(body, replacedPathsIn(body, HINTS), { ...SECRET, salt }) as typeof body).body
}

describe('what a message is made a golden sample without', () => {
  it('leaves statuses, services, countries, dates, amounts and ids of the message as they are', () => {
    const { action, timestamp, parcel } = withInventions()
    const { id, date_created, weight, status, country, shipment } = parcel
    const { id: was, ...old } = BODY.parcel
    assert.deepEqual([action, timestamp, id], [BODY.action, BODY.timestamp, was])
    assert.deepEqual(
      { date_created, weight, status, country, shipment },
      {
        ...{ date_created: old.date_created, weight: old.weight, status: old.status },
        ...{ country: old.country, shipment: old.shipment },
      },
    )
    assert.equal(parcel.history[1]?.url, 'https://parcelo.example')
  })

  for (const salt of ['one', 'two', 'three', 'four'])
    it(`has no personal value left anywhere, also not inside other texts and numbers (${salt})`, () => {
      const text = JSON.stringify(withInventions(salt))
      for (const gone of [
        ...['Mika', 'Beispiel', 'Fictional', 'Musterlaan', '115', 'Sampledam', '1234 ZZ', '0612345678', 'example.org'],
        ...['3SXYZ129123304', 'bbfd12', 'Qkdjeuwb', 'panel.parcelo', '12334', '88231', '87e18823', 'AMZ23311'],
      ])
        assert.ok(!text.includes(gone), `${gone} in ${text}`)
    })

  it('gives the same value the same invention, whole or divided, alone or inside a text', () => {
    const { parcel } = withInventions()
    const { street, house_number } = parcel.address_divided
    assert.equal(parcel.address, `${street} ${house_number}`)
    assert.equal(parcel.history[0]?.text, `Handed to ${parcel.name} in ${parcel.city}`)
    assert.equal(parcel.numbers[1], `ref ${parcel.tracking_number}.`)
    assert.equal(String(parcel.numbers[0]), parcel.order_number.slice(4))
  })

  it('keeps the shape of numbers, links and addresses', () => {
    const { parcel } = withInventions()
    assert.match(parcel.tracking_number, /^\d[A-Z]{4}\d{9}$/)
    assert.match(parcel.order_number, /^[A-Z]{3}-\d{5}$/)
    assert.match(parcel.postal_code, /^\d{4} [A-Z]{2}$/)
    assert.match(parcel.shipment_uuid, /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-b[\da-f]{3}-[\da-f]{12}$/)
    assert.match(
      parcel.label.normal[0] ?? '',
      /^https:\/\/example\.com\/api\/v2\/label\/normal_printer\/\d{4}\?start_from=\d&hash=[a-z]{4}\d\d$/,
    )
    assert.match(parcel.label.proof, /^https:\/\/example\.com\/proof\/[A-Z][a-z]{7}\.pdf$/)
    assert.match(parcel.email, /^[a-z]{4}\.[a-z]{8}@example\.com$/)
  })

  it('replaces what somebody has chosen to lose, wherever it stands', () => {
    const body = { body: { task: 'tsk4711x', link: { of: 'tsk4711x' }, said: 'see tsk4711x', done: true } }
    const { task, ...rest } = (disguised(body, new Map([['body.task', 'other']]), SECRET) as typeof body).body
    assert.match(task, /^(?!tsk)[a-z]{3}\d{4}[a-z]$/)
    assert.deepEqual(rest, { link: { of: task }, said: `see ${task}`, done: true })
  })

  it('puts a sentence that can be read in the place of what somebody wrote', () =>
    assert.match(withInventions().parcel.note, /^[A-Z][a-z]+( [a-z]+){2,}$/))

  describe('of texts that are told on as the partner’s words', () => {
    const source = '{"rawText": body.event.said}'
    const replaced = (event: object, ownWords: string[] = []) =>
      replacedPathsIn(
        { body: { event } },
        { ...hintsOf({ direction: 'in', entity: 'delivery-event' }, source), ownWords: new Set(ownWords) },
      ).has('body.event.said')

    for (const [what, event, own, gone] of [
      ['one of nobody knows what', { said: 'Otto was there' }, [], true],
      ['one beside a code', { code: 'DLV', said: 'Handed to the recipient' }, [], false],
      ['one beside a code with a number in it', { code: 'DLV', said: 'Handed over at 12' }, [], true],
      ['one beside a code with a mail address in it', { code: 'DLV', said: 'Ask otto@example.org' }, [], true],
      ['one that the code table or another sample has', { said: 'Otto was there' }, ['otto was there'], false],
    ] as const)
      it(`${gone ? 'replaces' : 'leaves'} ${what}`, () => assert.equal(replaced(event, [...own]), gone))
  })

  it('leaves times and countries, also where they stand in an address or are told on', () => {
    const address = { street: 'Way 1', country: 'NL', delivery_time: '09:00 AM - 12:00 PM', name: 'Jordan Sample' }
    const kinds = replacedPathsIn({ address }, { feedsPersonal: ['address.delivery_time'] })
    assert.deepEqual([...kinds.keys()], ['address.street', 'address.name'])
  })

  it('takes two words with capitals for a name where only the mapping says that they are somebody’s', () =>
    assert.deepEqual(
      [...replacedPathsIn({ to: 'Jordan Sample', by: 'left at 7' }, { feedsPersonal: ['to', 'by'] }).values()],
      ['name', 'message'],
    ))

  it('is at least as strict for those who may not see personal data', () => {
    const body = { body: BODY }
    const masked = personalPathsIn(body, HINTS)
    for (const path of replacedPathsIn(body, HINTS).keys()) assert.ok(masked.has(path), path)
    assert.ok(masked.has('body.parcel.shipment.name'))
  })

  it('whatever the payload: it keeps its structure, and no name, number or code stays', () => {
    const word = fc.stringMatching(/^[A-Z][a-z]{5,9}$/)
    const person = fc.record({
      ...{ name: word, street: word, tracking_number: fc.stringMatching(/^[A-Z]{3}\d{8}$/) },
      postal_code: fc.stringMatching(/^[1-9]\d{4}$/),
    })
    fc.assert(
      fc.property(person, fc.string(), (consignee, text) => {
        const body = { consignee, said: `${text} ${consignee.name} ${consignee.tracking_number}`, list: [consignee] }
        const hidden = disguised(body, replacedPathsIn(body), SECRET) as typeof body
        assert.deepEqual(Object.keys(hidden.consignee), Object.keys(consignee))
        assert.deepEqual(hidden.list[0], hidden.consignee)
        const { said, ...rest } = hidden
        for (const value of Object.values(consignee)) assert.ok(!JSON.stringify(rest).includes(`"${value}"`), value)
        assert.ok(!said.endsWith(`${consignee.name} ${consignee.tracking_number}`))
      }),
      { numRuns: 200 },
    )
  })

  for (const body of [null, 7, '', [], [null, [[]]], { '': '' }, { name: { name: null } }, { 'a.b': { '`': 'x' } }])
    it(`takes ${JSON.stringify(body)} as it is`, () =>
      assert.deepEqual(disguised(body, replacedPathsIn(body), SECRET), body))

  it('knows the labels of a code table', () =>
    assert.deepEqual([...labelsOf({ codes: { a: { type: 'transit.moving', label: ' En route ' } } })], ['en route']))
})
