import assert from 'node:assert/strict'
import { DateTime } from 'luxon'
import { Calendar } from '../../engine/delivery/calendar.ts'
import type { CalendarPlan } from '../../engine/delivery/calendar-plan.ts'
import { daily, weekdays } from '../support/calendars.ts'

const HOUR = 3_600_000
const OFFICE = weekdays('08:00-12:00, 13:00-17:00')
const NIGHT = daily('22:00-06:00')

/** Local time of the plan's zone, or an instant where an offset is given. */
const at = (said: string, plan: CalendarPlan = OFFICE) => DateTime.fromISO(said, { zone: plan.zone }).toMillis()
const shown = (time: number, plan: CalendarPlan = OFFICE) =>
  DateTime.fromMillis(time, { zone: plan.zone }).toFormat("yyyy-MM-dd'T'HH:mm")

describe('Calendar', () => {
  // 2026-03-02 is a Monday.
  describe('adds business time', () => {
    const rows: [what: string, from: string, hours: number, due: string, plan?: CalendarPlan][] = [
      ['within the hours', '2026-03-02T09:00', 2, '2026-03-02T11:00'],
      ['over the break', '2026-03-02T11:00', 2, '2026-03-02T14:00'],
      ['from before the opening', '2026-03-02T03:00', 1, '2026-03-02T09:00'],
      ['over the night', '2026-03-02T16:00', 3, '2026-03-03T10:00'],
      ['over the weekend', '2026-03-06T16:00', 2, '2026-03-09T09:00'],
      ['from a Sunday', '2026-03-08T12:00', 1, '2026-03-09T09:00'],
      ['up to the very close', '2026-03-02T16:00', 1, '2026-03-02T17:00'],
      ['many weeks', '2026-03-02T08:00', 8 * 5 * 10, '2026-05-08T17:00'],
      ['around the clock', '2026-03-06T16:00', 48, '2026-03-08T16:00', daily('00:00-24:00')],
      ['in a night shift', '2026-03-02T23:00', 4, '2026-03-03T03:00', NIGHT],
      ['from one night shift to the next', '2026-03-02T05:00', 2, '2026-03-02T23:00', NIGHT],
    ]
    for (const [what, from, hours, due, plan = OFFICE] of rows)
      it(what, () => {
        const calendar = new Calendar(plan)
        const added = calendar.add(at(from, plan), hours * HOUR)
        assert.equal(shown(added, plan), due)
        assert.equal(calendar.between(at(from, plan), added), hours * HOUR)
      })
  })

  it('measures nothing backwards', () => {
    const calendar = new Calendar(OFFICE)
    assert.equal(calendar.between(at('2026-03-02T12:00'), at('2026-03-02T08:00')), 0)
    assert.equal(calendar.add(at('2026-03-01T12:00'), 0), at('2026-03-01T12:00'))
  })

  it('knows when it opens next, and that it is open', () => {
    const next = (from: string) => shown(new Calendar(OFFICE).nextOpening(at(from)))
    assert.equal(next('2026-03-02T09:30'), '2026-03-02T09:30')
    assert.equal(next('2026-03-02T12:00'), '2026-03-02T13:00', 'the close is not open any more')
    assert.equal(next('2026-03-06T17:00'), '2026-03-09T08:00')
  })

  describe('leaves out days off', () => {
    const plan = weekdays('08:00-16:00', {
      holidays: '2026-03-03 carnival\n\n03-05\n2026-03-09/2026-03-13 works holidays\n',
    })
    const due = (from: string, hours: number, of = plan) => shown(new Calendar(of).add(at(from, of), hours * HOUR), of)

    it('of one date, of each year and of a period', () => {
      assert.equal(due('2026-03-02T15:00', 2), '2026-03-04T09:00')
      assert.equal(due('2026-03-04T15:00', 2), '2026-03-06T09:00')
      assert.equal(due('2026-03-06T15:00', 2), '2026-03-16T09:00')
      assert.equal(due('2027-03-04T15:00', 2), '2027-03-08T09:00')
    })

    it('but a night shift that began the evening before goes on, and that of the day off does not begin', () => {
      const nights = { ...NIGHT, holidays: '2026-03-03' }
      assert.equal(due('2026-03-03T01:00', 4, nights), '2026-03-03T05:00')
      assert.equal(due('2026-03-03T05:00', 2, nights), '2026-03-04T23:00')
    })

    it('29 February comes only in leap years', () => {
      const leap = daily('00:00-24:00', { holidays: '02-29' })
      assert.equal(due('2028-02-28T23:00', 2, leap), '2028-03-01T01:00')
      assert.equal(due('2027-02-28T23:00', 2, leap), '2027-03-01T01:00')
    })
  })

  describe('counts from the next open day what comes after the cut-off', () => {
    const cut = weekdays('08:00-12:00, 13:00-18:00', { cutOff: '16:00', holidays: '2026-03-04' })
    const shift = { ...NIGHT, cutOff: '04:00' }
    const rows: [what: string, from: string, counts: string, plan: CalendarPlan][] = [
      ['a minute before', '2026-03-02T15:59', '2026-03-02T15:59', cut],
      ['at the cut-off', '2026-03-02T16:00', '2026-03-03T08:00', cut],
      ['over a day off', '2026-03-03T17:00', '2026-03-05T08:00', cut],
      ['before the opening', '2026-03-02T03:00', '2026-03-02T03:00', cut],
      ['on a Saturday', '2026-03-07T17:00', '2026-03-07T17:00', cut],
      ['in the evening of a night shift', '2026-03-02T23:00', '2026-03-02T23:00', shift],
      ['in the small hours of a night shift', '2026-03-03T04:00', '2026-03-03T22:00', shift],
    ]
    for (const [what, from, counts, plan] of rows)
      it(what, () => assert.equal(shown(new Calendar(plan).countsFrom(at(from, plan)), plan), counts))
  })

  describe('adds open days', () => {
    const calendar = new Calendar({ ...OFFICE, hours: { ...OFFICE.hours, sat: '09:00-11:00' }, holidays: '2026-03-04' })
    for (const [what, from, days, due] of [
      ['as far into the day as it started', '2026-03-02T10:00', 1, '2026-03-03T10:00'],
      ['over a day off', '2026-03-03T10:00', 1, '2026-03-05T10:00'],
      ['to the close of a shorter day', '2026-03-06T15:00', 1, '2026-03-07T11:00'],
      ['from when it opens, started at night', '2026-03-02T20:00', 2, '2026-03-06T08:00'],
      ['over a weekend', '2026-03-07T10:00', 2, '2026-03-10T09:00'],
    ] as const)
      it(what, () => assert.equal(shown(calendar.addDays(at(from), days)), due))

    for (const [what, from, days, due] of [
      ['today', '2026-03-02T10:00', 0, '2026-03-02T17:00'],
      ['the next open day, for what comes after the close', '2026-03-02T17:00', 0, '2026-03-03T17:00'],
      ['open days later', '2026-03-03T10:00', 2, '2026-03-06T17:00'],
    ] as const)
      it(`ends with the close of the business day: ${what}`, () =>
        assert.equal(shown(calendar.endOfDay(at(from), days)), due))
  })

  it('gives up on what will not be over in years, soon', () => {
    const rare = new Calendar(weekdays('', { hours: { mon: '08:00-08:01' } }))
    const allYear = new Calendar(daily('08:00-18:00', { holidays: '2026-01-01/2099-12-31' }))
    const started = performance.now()
    for (const walk of [
      () => rare.add(at('2026-03-02T08:00'), 100 * HOUR),
      () => allYear.nextOpening(at('2026-03-02T08:00')),
      () => allYear.endOfDay(at('2026-03-02T08:00'), 0),
      () => rare.addDays(at('2026-03-02T08:00'), 366),
    ])
      assert.throws(walk, { category: 'invalid', code: 'calendar.too-far' })
    assert.ok(performance.now() - started < 1000)
  })
})
