import assert from 'node:assert/strict'
import { codesIssue } from '../../engine/partner/codes.ts'

describe('a code table', () => {
  it('maps codes to events of a shipment, or leaves them out with the reason why', () => {
    const table = {
      '401': { type: 'delivery.completed', variant: 'neighbour', label: 'Left next door' },
      'taskFailed:A/B.c': { type: 'delivery.attempt_failed', reason: 'recipient.absent', actionRequired: true },
      second: { type: 'delivery.attempt_failed', attempt: 2 },
      begins: { type: 'delivery.out_for_delivery', attempt: 'new' },
      card: { type: 'delivery.attempt_failed', attempt: 'same' },
      invoice: { ignored: true, label: 'Not about a shipment' },
    }
    assert.equal(codesIssue(table), undefined)
    assert.equal(codesIssue({}), undefined)
  })

  const event = { type: 'delivery.completed' }
  for (const [title, table, field, problem] of [
    ['a list', [], '', /object of codes/],
    ['nothing', null, '', /object of codes/],
    ['an entry that is a text', { a: 'delivered' }, 'a', /object with a "type"/],
    ['an entry that is a list', { a: [event] }, 'a', /object with a "type"/],
    ['no event', { a: {} }, 'a.type', /event of a shipment/],
    ['an event that nobody knows', { a: { type: 'delivery.done' } }, 'a.type', /event of a shipment/],
    ['an event by the name of something inherited', { a: { type: 'toString' } }, 'a.type', /event of a shipment/],
    ['a mapping to the unmapped', { a: { type: 'status.unmapped' } }, 'a.type', /event of a shipment/],
    ['a position', { a: { type: 'position.updated' } }, 'a.type', /event of a shipment/],
    ['a reason that nobody knows', { a: { ...event, reason: 'rain' } }, 'a.reason', /canonical reason/],
    ['a reason that is a number', { a: { ...event, reason: 7 } }, 'a.reason', /canonical reason/],
    ['a variant that nobody knows', { a: { ...event, variant: 'roof' } }, 'a.variant', /way of delivering/],
    ['an action that is a text', { a: { ...event, actionRequired: 'yes' } }, 'a.actionRequired', /true or false/],
    ['attempt 0', { a: { ...event, attempt: 0 } }, 'a.attempt', /1 to 100/],
    ['attempt 1.5', { a: { ...event, attempt: 1.5 } }, 'a.attempt', /1 to 100/],
    ['an attempt in words', { a: { ...event, attempt: 'last' } }, 'a.attempt', /"new", "same"/],
    ['a field that does not exist', { a: { ...event, raeson: 'x' } }, 'a.raeson', /not a field/],
    ['an empty label', { a: { ...event, label: ' ' } }, 'a.label', /at most 200/],
    ['a label without end', { a: { ...event, label: 'x'.repeat(201) } }, 'a.label', /at most 200/],
    ['a code left out without a reason', { a: { ignored: true } }, 'a.label', /why/],
    ['a code left out and mapped', { a: { ignored: true, label: 'no', type: 'x' } }, 'a.type', /not a field/],
    ['a code half left out', { a: { ignored: false, label: 'no' } }, 'a.ignored', /must be true/],
    ['an empty code', { '': event }, '', /is no code/],
    ['a code without end', { ['x'.repeat(201)]: event }, 'x'.repeat(200), /is no code/],
    ['a code that reaches into the language', JSON.parse('{"__proto__":{"type":"x"}}'), '__proto__', /is no code/],
    ['half a character', { '\ud800': event }, '\ud800', /is no code/],
    [
      'more codes than anybody has',
      Object.fromEntries(
        Array(5001)
          .fill(0)
          .map((_, n) => [n, event]),
      ),
      '',
      /5000/,
    ],
  ] as [string, unknown, string, RegExp][]) {
    it(`refuses ${title}`, () => {
      const issue = codesIssue(table)
      assert.equal(issue?.field, field)
      assert.match(issue.problem, problem)
    })
  }
})
