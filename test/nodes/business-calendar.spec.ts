import assert from 'node:assert/strict'
import { flowBench } from '../support/flow-bench.ts'
import { eventually } from '../support/eventually.ts'
import { calendarOf } from '../../nodes/business-calendar/business-calendar.ts'

type Config = Parameters<typeof calendarOf>[0]

/** 2026-03-02 is a Monday. */
const NOW = Date.parse('2026-03-02T12:00:00Z')
const CLOSED = { mon: '', tue: '', wed: '', thu: '', fri: '', sat: '', sun: '' }
const config = (fields: object) =>
  ({ zone: 'Europe/Paris', ...CLOSED, mon: '08:00-12:00', cutOff: '', holidays: '', ...fields }) as unknown as Config

describe('business calendar', () => {
  const bench = flowBench()

  it('takes each weekday from its own field', () => {
    const calendar = calendarOf(config({ wed: '09:00-10:00' }), NOW)
    assert.equal(calendar.nextOpening(NOW), Date.parse('2026-03-04T08:00:00Z'))
    assert.equal(calendar.plan.hours.wed, '09:00-10:00')
  })

  it('takes a field that is missing for an empty one', () => {
    const { mon, zone } = config({})
    assert.equal(calendarOf({ mon, zone } as Config, NOW).plan.cutOff, '')
  })

  for (const [what, fields, code] of [
    ['never opens', CLOSED, 'calendar.never-open'],
    ['is off for ever', { holidays: '2026-01-01/2999-12-31' }, 'calendar.too-far'],
    ['closes before it opens and runs into itself', { mon: '09:00-08:00', tue: '07:00-08:00' }, 'calendar.hours'],
    ['has no zone', { zone: '' }, 'calendar.zone'],
  ] as const)
    it(`refuses one that ${what}`, () => assert.throws(() => calendarOf(config(fields), NOW), { code }))

  it('says at the deploy what is wrong with it', async () => {
    await bench.deploy({ ...config({ mon: '8-12' }), id: 'hours', type: 'business-calendar' })
    await eventually(() => bench.hub.errors.some((line) => line.includes('mon: "8-12" is no span like 08:00-17:30')))
  })

  describe('its preview for the editor', () => {
    const ask = (body: unknown) =>
      fetch(`${bench.hub.url}/editor/cartage/calendar/preview`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
    const hours = { ...CLOSED, mon: '00:00-24:00', thu: '00:00-24:00' }
    const calendar = { zone: 'UTC', hours, cutOff: '', holidays: '' }

    it('says when what starts now is due', async () => {
      const answer = await ask({ calendar, amount: 2, unit: 'end-of-day', warnAt: 80 })
      const { startedAt, warnAt, dueAt } = (await answer.json()) as Record<string, number>
      assert.equal(answer.status, 200)
      assert.ok(startedAt! < warnAt! && warnAt! < dueAt!)
      assert.equal(dueAt! % 86_400_000, 0)
    })

    it('counts without a calendar too', async () => {
      const answer = await ask({ amount: 2, unit: 'hours', warnAt: 50 })
      const { startedAt, warnAt, dueAt } = (await answer.json()) as Record<string, number>
      assert.deepEqual([warnAt! - startedAt!, dueAt! - startedAt!], [3_600_000, 7_200_000])
    })

    for (const [what, body, code] of [
      ['an amount that is none', { calendar, amount: 'many', unit: 'hours' }, 'sla.duration'],
      ['a unit that is none', { calendar, amount: 1, unit: 'fortnights' }, 'sla.duration'],
      ['half an open day', { calendar, amount: 0.5, unit: 'days' }, 'sla.duration'],
      ['a calendar of rubbish', { calendar: 7, amount: 1, unit: 'hours' }, 'calendar.invalid'],
      [
        'hours of rubbish',
        { calendar: { ...calendar, hours: { mon: {} } }, amount: 1, unit: 'hours' },
        'calendar.invalid',
      ],
      ['an empty question', {}, 'sla.duration'],
      ['a list', [], 'sla.duration'],
    ] as const)
      it(`answers 422 to ${what}`, async () => {
        const answer = await ask(body)
        assert.deepEqual([answer.status, ((await answer.json()) as { code: string }).code], [422, code])
      })
  })
})
