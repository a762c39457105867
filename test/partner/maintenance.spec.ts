import assert from 'node:assert/strict'
import { closedFor, parseWindows } from '../../engine/partner/maintenance.ts'

const MINUTE = 60_000

describe('maintenance windows', () => {
  for (const [window, now, minutes, why] of [
    ['22:00-23:30 UTC', '2026-03-02T21:59:59Z', 0, 'before it'],
    ['22:00-23:30 UTC', '2026-03-02T22:00:00Z', 90, 'at its first moment'],
    ['22:00-23:30 UTC', '2026-03-02T23:29:00Z', 1, 'in its last minute'],
    ['22:00-23:30 UTC', '2026-03-02T23:30:00Z', 0, 'when it is over'],
    ['22:00-02:00 UTC', '2026-03-02T23:00:00Z', 180, 'before midnight'],
    ['22:00-02:00 UTC', '2026-03-03T01:00:00Z', 60, 'after midnight'],
    ['Sun 22:00-02:00 UTC', '2026-03-02T01:00:00Z', 60, 'on Monday morning of the Sunday window'],
    ['Sun 22:00-02:00 UTC', '2026-03-01T01:00:00Z', 0, 'on Sunday morning, which is of Saturday'],
    ['sun 00:00-06:00 UTC', '2026-03-01T05:00:00Z', 60, 'on its day'],
    ['Sun 00:00-06:00 UTC', '2026-03-02T05:00:00Z', 0, 'on another day'],
    ['22:00-23:30 Europe/Berlin', '2026-03-02T21:30:00Z', 60, 'in the time of the place'],
    ['22:00-23:30 Europe/Berlin', '2026-07-02T20:30:00Z', 60, 'in its summer time'],
    // 2026-03-29: at 02:00 the clocks go to 03:00
    ['01:00-04:00 Europe/Berlin', '2026-03-29T00:30:00Z', 90, 'in the night that lacks an hour'],
    ['01:00-02:30 Europe/Berlin', '2026-03-29T00:30:00Z', 30, 'when its end does not exist'],
    ['02:00-03:00 Europe/Berlin', '2026-03-29T01:00:00Z', 0, 'when all of it does not exist'],
    // 2026-10-25: at 03:00 the clocks go back to 02:00
    ['01:00-04:00 Europe/Berlin', '2026-10-24T23:30:00Z', 210, 'in the night that has an hour twice'],
    ['01:00-04:00 Europe/Berlin', '2026-10-25T02:30:00Z', 30, 'after the hour that comes twice'],
  ] as const)
    it(`${window}: ${minutes} minutes ${why}`, () => {
      assert.equal(closedFor(parseWindows(window), Date.parse(now)) / MINUTE, minutes)
    })

  it('counts the seconds of the minute under way', () => {
    assert.equal(closedFor(parseWindows('22:00-23:00 UTC'), Date.parse('2026-03-02T22:59:30.500Z')), 29_500)
  })

  it('waits for the longest of several', () => {
    const windows = parseWindows('22:00-23:00 UTC; 22:30-23:30 UTC;')
    assert.equal(closedFor(windows, Date.parse('2026-03-02T22:45:00Z')), 45 * MINUTE)
    assert.equal(closedFor([], Date.parse('2026-03-02T22:45:00Z')), 0)
  })

  for (const text of [
    'at night',
    '22:00-23:30',
    '22:00-22:00 UTC',
    '24:00-25:00 UTC',
    '22:60-23:00 UTC',
    'Xyz 22:00-23:00 UTC',
    '22:00-23:00 Mars/Olympus',
    '22:00-23:00 UTC, 01:00-02:00 UTC',
  ])
    it(`refuses "${text}" and names it`, () => {
      assert.throws(
        () => parseWindows(`02:00-03:00 UTC; ${text}`),
        (error: Error & { code?: string }) => {
          assert.equal(error.code, 'maintenance.window')
          assert.ok(error.message.includes(text), error.message)
          return true
        },
      )
    })
})
