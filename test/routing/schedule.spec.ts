import assert from 'node:assert/strict'
import { Calendar } from '../../engine/delivery/calendar.ts'
import { scheduleOf } from '../../engine/routing/schedule.ts'
import { calendarNamed } from '../../nodes/business-calendar/business-calendar.ts'
import { courier, decideBy, row, shipment } from '../support/routing.ts'

const WEEK = {
  mon: '08:00-18:00',
  tue: '08:00-18:00',
  wed: '08:00-18:00',
  thu: '08:00-18:00',
  fri: '08:00-18:00',
  sat: '',
  sun: '',
}
const BERLIN = new Calendar({ zone: 'Europe/Berlin', hours: WEEK, holidays: '2026-04-06 Easter Monday', cutOff: '' })
const at = (time: string) => Date.parse(time)
const inBerlin = (time: string) => ({ time, timeZone: 'Europe/Berlin' })

describe('when a courier comes and is there', () => {
  for (const [what, now, cutOff, days, pickUpOn, arrivesOn] of [
    ['before the cut-off: today', '2026-03-02T14:00:00Z', '16:00', 1, '2026-03-02', '2026-03-03'],
    ['at the minute of the cut-off: today', '2026-03-02T15:00:59Z', '16:00', 1, '2026-03-02', '2026-03-03'],
    ['past it: tomorrow', '2026-03-02T15:01:00Z', '16:00', 1, '2026-03-03', '2026-03-04'],
    ['past it on a Friday: on Monday', '2026-03-06T15:30:00Z', '16:00', 2, '2026-03-09', '2026-03-11'],
    ['before a day off: it does not count', '2026-04-02T15:30:00Z', '16:00', 1, '2026-04-03', '2026-04-07'],
    ['after the site has closed: the next morning', '2026-03-02T20:00:00Z', '23:00', 0, '2026-03-03', '2026-03-03'],
    ['in summer time, by the clock on the wall', '2026-03-30T13:59:00Z', '16:00', 1, '2026-03-30', '2026-03-31'],
    [
      'in summer time, an hour later by UTC than in winter',
      '2026-03-30T14:30:00Z',
      '16:00',
      1,
      '2026-03-31',
      '2026-04-01',
    ],
  ] as const)
    it(`${what}`, () => {
      const asked = { now: at(now), serviceLevel: 'standard' as const, cutOff: inBerlin(cutOff), transitDays: days }
      const schedule = scheduleOf({ ...asked, calendar: BERLIN })
      assert.deepEqual([schedule.pickUpOn, schedule.arrivesOn], [pickUpOn, arrivesOn])
    })

  it('on the same day only while somebody still comes', () => {
    const asked = { serviceLevel: 'same_day' as const, cutOff: inBerlin('16:00'), transitDays: 0, calendar: BERLIN }
    assert.equal(scheduleOf({ ...asked, now: at('2026-03-02T14:00:00Z') }).objection, undefined)
    assert.match(scheduleOf({ ...asked, now: at('2026-03-02T15:30:00Z') }).objection ?? '', /cut-off .* 16:00/)
    assert.match(scheduleOf({ ...asked, now: at('2026-03-07T10:00:00Z') }).objection ?? '', /no|nothing/)
  })

  it('without a calendar any day is a working day', () => {
    const asked = { now: at('2026-03-06T12:00:00Z'), serviceLevel: 'standard' as const, calendar: undefined }
    assert.equal(scheduleOf({ ...asked, cutOff: undefined, transitDays: 2 }).arrivesOn, '2026-03-08')
    assert.equal(scheduleOf({ ...asked, cutOff: undefined, transitDays: undefined }).arrivesOn, undefined)
  })

  describe('against the promise', () => {
    const days = (standard: number) => ({ currency: 'USD', base: '1', transitDays: { standard } })
    const profiles = [courier('slow', days(3)), courier('fast', days(1)), courier('unknown')]
    const promised = shipment({ serviceLevel: 'standard', promise: { latest: '2026-03-03T18:00:00-05:00' } })
    const order = async (promise: 'prefer' | 'require' | 'ignore') => {
      const table = {
        rows: [
          row(
            profiles.map(({ id }) => ({ partner: id })),
            { promise },
          ),
        ],
      }
      const { ranked, candidates } = await decideBy(table, profiles, { shipment: promised })
      return { ranked: ranked.map(({ partner }) => partner), slow: candidates[0]!.reasons.join('; ') }
    }

    it('who would be late is taken last, or never, or as any other, as the row wants it', async () => {
      assert.deepEqual((await order('prefer')).ranked, ['fast', 'unknown', 'slow'])
      assert.deepEqual((await order('require')).ranked, ['fast', 'unknown'])
      assert.deepEqual((await order('ignore')).ranked, ['slow', 'fast', 'unknown'])
    })

    it('and the day is said', async () => {
      assert.match((await order('prefer')).slow, /would be there on 2026-03-05, after the promise/)
    })
  })

  it('a calendar that is not deployed is an error, not the clock', () => {
    const RED = { nodes: { getNode: () => null } } as never
    assert.throws(() => calendarNamed(RED, 'gone'), /gone is not deployed/)
    assert.equal(calendarNamed(RED, ''), undefined)
  })
})
