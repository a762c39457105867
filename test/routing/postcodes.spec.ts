import assert from 'node:assert/strict'
import { readPostcodes } from '../../engine/routing/postcodes.ts'

describe('postcodes of rules', () => {
  for (const [list, country, inside, outside] of [
    ['DE 10115', 'DE', ['10115', '10 115'], ['1011', '101150', '10116']],
    ['80*', 'DE', ['80331', '80'], ['81333', '8']],
    ['DE 10000-14999', 'DE', ['10000', '14999', '12345'], ['09999', '15000', '1']],
    ['10-14', 'DE', ['10115', '14999'], ['15000', '09999']],
    ['DE 1*, AT 10*', 'AT', ['1010', '1090'], ['1110']],
    ['PL 00-950, 01-*', 'PL', ['00-950', '00950', '01-234'], ['00-951', '02-000']],
    ['PT 1000-001..1999-999', 'PT', ['1000-001', '1500-100'], ['2000-001']],
    ['PT 1000-001 - 1999-999', 'PT', ['1250-096'], ['2000-001']],
    ['NL 1011AA-1109ZZ', 'NL', ['1011 AB', '1109zz'], ['1110 AA', '1010 ZZ']],
    ['CA K1A*, M5V 2T6', 'CA', ['K1A 0B1', 'm5v2t6'], ['K1B 0B1', 'M5V 2T7']],
    ['US 10013, 10000-10012', 'US', ['10013', '10005'], ['10014']],
    ['GB SW1', 'GB', ['SW1A 1AA', 'SW1 1AA', 'sw1y4jh'], ['SW10 0AA', 'SW11 1AA', 'SW2 1AA']],
    ['GB SW1A', 'GB', ['SW1A 1AA'], ['SW1B 1AA', 'SW1 1AA']],
    ['GB SW1A 1AA', 'GB', ['SW1A1AA'], ['SW1A 1AB']],
    ['GB E1-E18', 'GB', ['E1 6AN', 'E17 4PP', 'E1W 1AA'], ['E20 1AA', 'EC1A 1BB', 'N1 1AA']],
    ['GB B33*', 'GB', ['B33 8TH'], ['B3 1AA']],
    ['IE D02*', 'IE', ['D02 X285'], ['D04 X285']],
    ['JP 100-0001', 'JP', ['1000001', '100-0001'], ['100-0002']],
  ] as const)
    it(`${list} of ${country}: ${inside.join(', ')}; not ${outside.join(', ')}`, () => {
      const codes = readPostcodes(list)
      const taken = [...inside, ...outside].filter((code) => codes.has(country, code))
      assert.deepEqual(taken, inside)
    })

  it('are those of the country that is named, and of any where none is', () => {
    const codes = readPostcodes('1*; DE 80331\nAT 10*')
    assert.deepEqual(
      [
        codes.has('FR', '13001'),
        codes.has('DE', '80331'),
        codes.has('AT', '80331'),
        codes.has('DE', '10115'),
        codes.has('AT', '1010'),
      ],
      [true, true, false, true, true],
    )
  })

  for (const [what, list, why] of [
    ['no postcode', 'DE 10_115', /no postcode/],
    ['a star in the middle', '1*5', /no postcode/],
    ['a range that ends before it begins', '20-10', /ends before it begins/],
    ['districts of two areas', 'GB SW1-SE9', /no range of districts/],
    ['a list without end', 'DE 1*,'.repeat(10_000), /longer than/],
  ] as const)
    it(`are refused when there is ${what}`, () => assert.throws(() => readPostcodes(list), why))
})
