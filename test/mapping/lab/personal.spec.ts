import assert from 'node:assert/strict'
import { isValidPhoneNumber } from 'libphonenumber-js'
import { libraryFunctions } from '../../../engine/mapping/library/index.ts'
import { disguised } from '../../../engine/mapping/lab/disguise.ts'
import { looksPersonal, personalPathsIn } from '../../../engine/mapping/lab/personal.ts'

const BODY = {
  id: 'evt_1',
  status: 'delivered',
  company_name: 'Fictional Goods',
  recipient: { name: 'Maria Müller', phone: '+4915112345678', floor: 3 },
  dropoff: { address: { street: 'Example Way 7', postcode: '10115', country: 'DE' }, latitude: 52.520008 },
  notes: 'Left with Mr Sample',
  extra: { reach_at: 'maria@example.org', driver: '+1 555 010 0199' },
  said: 'left with Otto',
  code: 'LEFT_SAFE',
}

const secret = (salt: string, ...kept: string[]) => ({ salt, kept: new Set(kept) })

describe('personal data in a payload that no schema describes', () => {
  it('is found by names, by values, and by what the mapping makes of it', () => {
    const found = personalPathsIn(BODY, { feedsPersonal: ['said', 'code'], feedsOther: ['code'] })
    for (const path of [
      ...['recipient.name', 'recipient.phone', 'recipient.floor', 'dropoff.address.street', 'dropoff.address.postcode'],
      ...['dropoff.latitude', 'notes', 'extra.reach_at', 'extra.driver', 'said'],
    ])
      assert.ok(found.has(path), path)
    for (const path of ['id', 'status', 'company_name', 'code']) assert.ok(!found.has(path), path)
  })

  it('takes a name for a person unless it is that of a thing', () => {
    for (const name of [
      'name',
      'fullName',
      'customer_name',
      'signed_by',
      'RecipientMobile',
      'addressLine1',
      'DriverPhone',
    ])
      assert.equal(looksPersonal([name]), true, name)
    for (const name of [
      'eventName',
      'product_name',
      'statusCode',
      'fileName',
      'emailVerified',
      'phoneType',
      'occurredAt',
    ])
      assert.equal(looksPersonal([name]), false, name)
  })

  it('is replaced by inventions of the same shape, the same value by the same one', () => {
    const paths = personalPathsIn({ a: BODY, b: [BODY] })
    const hidden = disguised({ a: BODY, b: [BODY] }, paths, secret('salt')) as { a: typeof BODY; b: [typeof BODY] }
    const { recipient, dropoff, extra } = hidden.a
    assert.match(recipient.name, /^[A-Z][a-z]{4} [A-Z][a-z]{5}$/)
    assert.notEqual(recipient.name, BODY.recipient.name)
    assert.ok(isValidPhoneNumber(recipient.phone) && recipient.phone !== BODY.recipient.phone, recipient.phone)
    assert.match(extra.reach_at, /^[a-z]{5}@example\.com$/)
    assert.match(dropoff.address.street, /^[A-Z][a-z]{6} [A-Z][a-z]{2} \d$/)
    assert.ok(Math.floor(dropoff.latitude) === 52 && dropoff.latitude !== BODY.dropoff.latitude)
    assert.deepEqual(hidden.b[0], hidden.a)
    assert.deepEqual([hidden.a.id, hidden.a.status, hidden.a.company_name], [BODY.id, BODY.status, BODY.company_name])
    assert.doesNotMatch(JSON.stringify(hidden), /Müller|Example Way|15112345678|52\.520008|maria@|Sample/)
  })

  it('leaves words that mappings look for', () => {
    const body = { notes: 'PARTIAL: two pieces for Maria', mail: 'partial@sample.org' }
    const hidden = disguised(
      body,
      new Map([
        ['notes', 'note'],
        ['mail', 'mail'],
      ] as const),
      secret('salt', 'partial'),
    ) as typeof body
    assert.match(hidden.notes, /^PARTIAL: [A-Z][a-z]+( [a-z]+)+$/)
    assert.ok(!hidden.notes.includes('Maria') && !hidden.mail.startsWith('partial'))
  })

  it('leaves the country that an address ends with, and no name that is a country’s too', () => {
    libraryFunctions()
    const body = { address: '1 Example Way\nSampleton\nJordan', name: 'Sample, Jordan' }
    const hidden = disguised(
      body,
      new Map([
        ['address', 'street'],
        ['name', 'name'],
      ] as const),
      secret('salt'),
    ) as typeof body
    assert.ok(hidden.address.endsWith('\nJordan') && !hidden.address.includes('Example'))
    assert.ok(!hidden.name.includes('Jordan'))
  })

  it('is replaced by something else elsewhere, so that nobody compares two hubs', () => {
    const paths = new Map([['recipient.name', 'name']] as const)
    assert.notDeepEqual(disguised(BODY, paths, secret('one')), disguised(BODY, paths, secret('two')))
  })

  for (const value of [null, true, 0, '', [], {}, Number.NaN, '2026-03-02T10:00:00Z', '\u{1f600}', 'a'.repeat(100_000)])
    it(`leaves ${JSON.stringify(value)?.slice(0, 24)} as whole as it was`, () => {
      const [hidden] = [
        disguised({ name: value }, new Map([['name', 'name']] as const), secret('s')) as { name: unknown },
      ]
      assert.equal(typeof hidden.name, typeof value)
      if (typeof value === 'string') assert.equal(hidden.name?.toString().length, value.length)
    })
})
