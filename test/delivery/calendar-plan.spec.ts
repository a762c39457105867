import assert from 'node:assert/strict'
import fc from 'fast-check'
import { type CalendarPlan, parsePlan } from '../../engine/delivery/calendar-plan.ts'
import { CartageError } from '../../engine/errors.ts'
import { daily, weekdays } from '../support/calendars.ts'

const WELL = weekdays('08:00-17:00')
const hours = (mon: string, more: object = {}) => ({ ...WELL, hours: { ...WELL.hours, mon, ...more } })

describe('a business calendar as it is written down', () => {
  it('is read with breaks, to midnight, through the night, and with names of days off', () => {
    const plan = parsePlan({
      ...hours(' 06:00 - 08:30 ,18:00-24:00', { fri: '22:00-06:00' }),
      holidays: '2026-12-24 Christmas Eve, the shop too\n 12-25 \n2026-08-03/2026-08-21\tclosed',
      cutOff: '16:00',
    })
    assert.deepEqual(plan.week[0], [
      { from: 360, to: 510 },
      { from: 1080, to: 1440 },
    ])
    assert.deepEqual(plan.week[4], [{ from: 1320, to: 1800 }])
    assert.deepEqual(plan.week[6], [])
    assert.deepEqual(plan.holidays.periods, [
      { first: '2026-12-24', last: '2026-12-24' },
      { first: '2026-08-03', last: '2026-08-21' },
    ])
    assert.deepEqual([...plan.holidays.yearly], ['12-25'])
    assert.equal(plan.cutOff, 960)
  })

  const rotten: [what: string, plan: unknown, code: string, field: string][] = [
    ['no opening at all', daily(''), 'calendar.never-open', 'hours'],
    ['a zone that does not exist', { ...WELL, zone: 'Europe/Atlantis' }, 'calendar.zone', 'zone'],
    ['no zone', { ...WELL, zone: '' }, 'calendar.zone', 'zone'],
    ['a close that is the opening', hours('08:00-08:00'), 'calendar.hours', 'hours.mon'],
    ['a time that no clock shows', hours('08:00-25:00'), 'calendar.hours', 'hours.mon'],
    ['an opening at 24:00', hours('24:00-06:00'), 'calendar.hours', 'hours.mon'],
    ['words', hours('all day'), 'calendar.hours', 'hours.mon'],
    ['a comma too many', hours('08:00-12:00,'), 'calendar.hours', 'hours.mon'],
    ['three ends', hours('08:00-12:00-14:00'), 'calendar.hours', 'hours.mon'],
    ['hours that overlap', hours('08:00-13:00, 12:00-17:00'), 'calendar.hours', 'hours.mon'],
    ['a night that runs into the next morning', hours('22:00-08:30'), 'calendar.hours', 'hours.mon'],
    [
      'a Sunday night that runs into Monday',
      hours('06:00-12:00', { sun: '22:00-07:00' }),
      'calendar.hours',
      'hours.sun',
    ],
    ['30 February', { ...WELL, holidays: '2026-02-30' }, 'calendar.holiday', 'holidays'],
    ['the 13th month', { ...WELL, holidays: '13-01' }, 'calendar.holiday', 'holidays'],
    ['a date of another country', { ...WELL, holidays: '24.12.2026' }, 'calendar.holiday', 'holidays'],
    [
      'a period that ends before it begins',
      { ...WELL, holidays: '2026-08-21/2026-08-03' },
      'calendar.holiday',
      'holidays',
    ],
    ['a period each year', { ...WELL, holidays: '12-24/12-26' }, 'calendar.holiday', 'holidays'],
    ['a cut-off outside the hours', { ...WELL, cutOff: '18:00' }, 'calendar.cut-off', 'cutOff'],
    ['a cut-off that is no time', { ...WELL, cutOff: '4 pm' }, 'calendar.cut-off', 'cutOff'],
    ['numbers for texts', { ...WELL, zone: 1 }, 'calendar.invalid', 'zone'],
    ['hours in a list', { ...WELL, hours: ['08:00-17:00'] }, 'calendar.invalid', 'calendar'],
    ['a text without end', { ...WELL, holidays: '2026-12-24\n'.repeat(3000) }, 'calendar.invalid', 'holidays'],
    ['nothing', null, 'calendar.invalid', 'calendar'],
  ]
  for (const [what, plan, code, field] of rotten)
    it(`refuses ${what}, and says where`, () =>
      assert.throws(() => parsePlan(plan), { category: 'invalid', code, field }))

  it('says nothing but "invalid" of anything else', () =>
    fc.assert(
      fc.property(
        fc.record({ zone: fc.anything(), hours: fc.anything(), holidays: fc.anything(), cutOff: fc.anything() }),
        (plan) => {
          try {
            parsePlan(plan as unknown as CalendarPlan)
          } catch (error) {
            assert.ok(error instanceof CartageError && error.category === 'invalid', String(error))
          }
        },
      ),
    ))
})
