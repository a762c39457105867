import assert from 'node:assert/strict'
import fc from 'fast-check'
import { Calendar } from '../../engine/delivery/calendar.ts'
import { type CalendarPlan, parsePlan, WEEKDAYS } from '../../engine/delivery/calendar-plan.ts'
import { type Term, termDates } from '../../engine/delivery/sla-term.ts'
import { daily } from '../support/calendars.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const ZONES = ['Europe/Paris', 'America/New_York', 'Australia/Lord_Howe', 'UTC']
const RUNS = 150

/** Minutes that are open, asked one by one of another implementation of time zones. */
function openMinutes(zone: string, from: string, to: string, open: (minute: number) => boolean): number {
  const clock = new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit' })
  let count = 0
  for (let at = Date.parse(from); at < Date.parse(to); at += MINUTE) {
    const [hour, minute] = clock.format(at).split(':').map(Number)
    if (open(hour! * 60 + minute!)) count += 1
  }
  return count
}

describe('Calendar when the clocks change', () => {
  /** Nights with 23, 25 and 24 hours; Lord Howe moves its clocks by half an hour. */
  const nights: [zone: string, from: string, hours: number][] = [
    ['Europe/Paris', '2026-03-28T23:00:00Z', 23],
    ['Europe/Paris', '2026-10-24T22:00:00Z', 25],
    ['America/New_York', '2026-03-08T05:00:00Z', 23],
    ['America/New_York', '2026-11-01T04:00:00Z', 25],
    ['Australia/Lord_Howe', '2026-10-03T13:30:00Z', 23.5],
    ['Australia/Lord_Howe', '2026-04-04T13:00:00Z', 24.5],
    ['UTC', '2026-03-29T00:00:00Z', 24],
  ]
  for (const [zone, from, hours] of nights)
    it(`${zone}: the day from ${from} has ${hours} hours, and each span as many minutes as the wall shows it`, () => {
      const start = Date.parse(from)
      const to = new Date(start + hours * HOUR).toISOString()
      assert.equal(new Calendar(daily('00:00-24:00', { zone })).between(start, Date.parse(to)), hours * HOUR)
      for (const [span, opens, closes] of [
        ['01:15-01:45', 75, 105],
        ['02:15-02:45', 135, 165],
        ['01:50-03:10', 110, 190],
        ['08:00-17:00', 480, 1020],
      ] as const) {
        const open = openMinutes(zone, from, to, (minute) => minute >= opens && minute < closes)
        assert.equal(new Calendar(daily(span, { zone })).between(start, Date.parse(to)), open * MINUTE, span)
      }
    })

  it('a span that is left out in spring does not open that night', () => {
    const calendar = new Calendar(daily('02:15-02:45', { zone: 'Europe/Paris' }))
    assert.equal(calendar.nextOpening(Date.parse('2026-03-28T23:00:00Z')), Date.parse('2026-03-30T00:15:00Z'))
  })

  it('a span that comes twice in autumn is open twice', () => {
    const calendar = new Calendar(daily('02:15-02:45', { zone: 'Europe/Paris' }))
    const first = Date.parse('2026-10-25T00:15:00Z')
    assert.equal(calendar.add(first, 40 * MINUTE), Date.parse('2026-10-25T01:25:00Z'))
  })

  it('a night shift lasts as long as the night', () => {
    const calendar = new Calendar(daily('22:00-06:00', { zone: 'Europe/Paris' }))
    const evening = (date: string) => Date.parse(`${date}T12:00:00Z`)
    const night = (date: string) => calendar.between(evening(date), evening(date) + 24 * HOUR)
    assert.deepEqual([night('2026-03-28'), night('2026-10-24'), night('2026-06-01')], [7 * HOUR, 9 * HOUR, 8 * HOUR])
  })

  it('a cut-off at a time that is left out falls to the change of the clocks', () => {
    const calendar = new Calendar(daily('00:00-23:00', { zone: 'Europe/Paris', cutOff: '02:30' }))
    const change = Date.parse('2026-03-29T01:00:00Z')
    assert.equal(calendar.countsFrom(change - 1), change - 1)
    assert.equal(calendar.countsFrom(change), Date.parse('2026-03-29T22:00:00Z'))
  })
})

function isUsable(plan: unknown): boolean {
  try {
    return parsePlan(plan) !== undefined
  } catch {
    return false
  }
}

describe('Calendar, whatever the hours', () => {
  const clock = (minute: number) =>
    `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`
  /** Up to two spans a day, the second maybe past midnight; never into the next day's hours, which begin at six. */
  const hours = fc
    .uniqueArray(fc.integer({ min: 72, max: 288 + 70 }), { minLength: 0, maxLength: 4 })
    .map((ends) => ends.sort((a, b) => a - b).map((end) => end * 5))
    .filter((ends) => ends.length % 2 === 0 && ends.slice(0, -1).every((end) => end < 1440))
    .map((ends) => {
      const spans = [ends.slice(0, 2), ends.slice(2)].filter((span) => span.length === 2)
      return spans.map(([from, to]) => `${clock(from!)}-${to === 1440 ? '24:00' : clock(to! % 1440)}`).join(', ')
    })
  const plans: fc.Arbitrary<CalendarPlan> = fc
    .record({
      zone: fc.constantFrom(...ZONES),
      hours: fc.record(Object.fromEntries(WEEKDAYS.map((day) => [day, hours])) as Record<string, typeof hours>),
      holidays: fc.constantFrom('', '2026-03-30', '12-25\n01-01', '2026-10-20/2026-10-28'),
      cutOff: fc.constantFrom('', '', '09:00', '20:00', '02:30'),
    })
    .filter(isUsable) as fc.Arbitrary<CalendarPlan>
  /** Instants around the nights on which clocks change, and any other of the year. */
  const instants = fc.oneof(
    fc
      .constantFrom('2026-03-29', '2026-10-25', '2026-03-08', '2026-11-01', '2026-04-05', '2026-10-04')
      .chain((date) => fc.integer({ min: -36 * HOUR, max: 36 * HOUR }).map((off) => Date.parse(date) + off)),
    fc.integer({ min: Date.parse('2026-01-01'), max: Date.parse('2027-01-01') }),
  )
  const spans = fc.integer({ min: 1, max: 60 * HOUR })
  const terms: fc.Arbitrary<Term> = fc.oneof(
    fc.record({ amount: fc.integer({ min: 1, max: 3000 }), unit: fc.constant('minutes' as const) }),
    fc.record({ amount: fc.integer({ min: 1, max: 5 }), unit: fc.constant('days' as const) }),
    fc.record({ amount: fc.integer({ min: 0, max: 5 }), unit: fc.constant('end-of-day' as const) }),
  )
  const holds = <T extends unknown[]>(property: fc.IProperty<T>) => fc.assert(property, { numRuns: RUNS })

  it('time added is time measured, and a millisecond earlier it is not over yet', () =>
    holds(
      fc.property(plans, instants, spans, (plan, from, span) => {
        const calendar = new Calendar(plan)
        const due = calendar.add(from, span)
        assert.equal(calendar.between(from, due), span)
        assert.equal(calendar.between(from, due - 1), span - 1)
      }),
    )).timeout(60_000)

  it('time adds up: a pause in between changes nothing of what is left', () =>
    holds(
      fc.property(plans, instants, spans, fc.double({ min: 0, max: 1, noNaN: true }), (plan, from, span, share) => {
        const calendar = new Calendar(plan)
        const due = calendar.add(from, span)
        const paused = from + Math.floor((due - from) * share)
        assert.equal(calendar.between(from, paused) + calendar.between(paused, due), span)
        assert.equal(calendar.add(paused, calendar.between(paused, due)) <= due, true)
      }),
    )).timeout(60_000)

  it('who comes later is not due earlier, and nobody before he came', () =>
    holds(
      fc.property(plans, instants, fc.integer({ min: 0, max: 40 * HOUR }), terms, (plan, from, later, term) => {
        const calendar = new Calendar(plan)
        const first = termDates(from, term, 0.8, calendar)
        const second = termDates(from + later, term, 0.8, calendar)
        assert.ok(first.dueAt <= second.dueAt)
        assert.ok(from <= first.countsFrom && first.countsFrom <= first.warnAt && first.warnAt <= first.dueAt)
        if (term.unit === 'minutes') assert.equal(calendar.between(first.countsFrom, first.dueAt), term.amount * MINUTE)
      }),
    )).timeout(60_000)
})
