import assert from 'node:assert/strict'
import { reportOf } from '../../nodes/dead-letter/dead-letter.ts'
import { flowBench } from '../support/flow-bench.ts'
import { catchAll, node, probe, source } from '../support/flow-nodes.ts'

const HERE = { id: 'n', type: 'dead-letter', name: 'here', z: 'tab' }

describe('the report of a dead letter', () => {
  const error = { message: 'no such street', source: { id: 's', type: 'function', name: 'check' }, code: 'mine' }
  const failure = { category: 'invalid' as const, code: 'mapping.result', message: 'x', causes: [] }

  for (const [what, config, message, reason, expected] of [
    [
      'the caught failure',
      { category: 'error', code: '' },
      { error, failure },
      error.message,
      ['invalid', 'mapping.result', 's'],
    ],
    ['the code of the error', { category: 'error', code: '' }, { error }, error.message, ['refused', 'mine', 's']],
    ['what the node is told', { category: 'bug', code: 'own.code' }, { error, failure }, '', ['bug', 'own.code', 's']],
    [
      'the node itself where nothing failed',
      { category: 'error', code: '' },
      {},
      'why',
      ['refused', 'flow.rejected', 'n'],
    ],
  ] as const)
    it(`says ${what}`, () => {
      const report = reportOf(config, reason, message as never, HERE)
      assert.deepEqual([report.category, report.code, report.nodeId], expected)
      assert.equal(report.message, reason || error.message)
      assert.equal(report.flow, 'tab')
    })

  it('keeps the error behind a reason of its own', () => {
    const report = reportOf({ category: 'error', code: '' }, 'given up', { error } as never, HERE)
    assert.deepEqual([report.message, report.causes], ['given up', [error.message]])
  })
})

describe('dead letter', () => {
  const bench = flowBench()
  const burial = (fields: Record<string, unknown> = {}) =>
    node('bury', 'dead-letter', [['alarm']], { category: 'refused', code: 'house.no', ...fields })

  it('keeps the message as it was accepted, not as the flow made it, at once and without another attempt', async () => {
    const change = node('change', 'function', [['bury']], { func: 'msg.payload = "changed"; return msg', outputs: 1 })
    await bench.deploy(source('change'), change, burial({ reason: 'payload', reasonType: 'msg' }), probe('alarm'))
    const id = await bench.publish({ street: 'Nowhere' })
    const letter = await bench.deadLetterOf(id)
    assert.deepEqual(letter.message.payload, { street: 'Nowhere' })
    assert.deepEqual([letter.failure.category, letter.failure.code], ['refused', 'house.no'])
    assert.equal(letter.failure.message, 'changed')
    assert.equal(letter.attempts, 1)
    assert.equal(bench.at('alarm')[0]?.deadLetter.code, 'house.no')
    assert.equal(bench.status('bury')?.fill, 'red')
  })

  it('is announced on the channel of dead letters, once', async () => {
    const failures = node('in', 'event-in', [['failure']], { channel: 'dead-letters', subscription: 'failures' })
    await bench.deploy(source('bury'), burial(), failures, probe('failure'))
    const id = await bench.publish({ n: 2 })
    await bench.deadLetterOf(id)
    await bench.settled('failures')
    const told = bench.at('failure').filter(({ payload }) => payload.messageId === id)
    assert.equal(told.length, 1)
    assert.deepEqual([told[0]?.payload.subscription, told[0]?.payload.code], ['work', 'house.no'])
  })

  it('takes the reason of a caught error, and names the node that failed', async () => {
    const broken = { ...node('f', 'function', [[]], { func: 'throw new Error("boom")', outputs: 1 }), name: 'culprit' }
    await bench.deploy(source('f'), broken, catchAll('bury'), burial({ category: 'error', code: '' }), probe('alarm'))
    const letter = await bench.deadLetterOf(await bench.publish({ n: 3 }))
    assert.match(letter.failure.message, /boom/)
    assert.deepEqual([letter.failure.nodeId, letter.failure.nodeName], ['f', 'culprit'])
    assert.equal(letter.attempts, 1)
  })

  it('runs through the whole flow again when it is put back to work', async () => {
    await bench.deploy(source('bury'), burial(), probe('alarm'))
    const id = await bench.publish({ n: 4 })
    await bench.deadLetterOf(id)
    await bench.deploy(source('seen'), probe('seen'))
    const replay = { from: 'step', useEdit: true, payload: { n: 'repaired' } } as const
    assert.equal(await bench.runtime.deadLetters.replay('work', id, 'anna', replay), true)
    assert.deepEqual((await bench.arrived('seen')).payload, { n: 'repaired' })
  })

  it('fails where there is nothing to bury', async () => {
    const inject = node('inject', 'inject', [['bury']], {
      props: [{ p: 'payload' }],
      repeat: '',
      once: true,
      onceDelay: 0.1,
      payload: '',
      payloadType: 'date',
    })
    await bench.deploy(inject, burial(), catchAll('caught'), probe('caught'))
    await bench.arrived('caught')
    assert.equal(bench.status('bury')?.fill, 'red')
  })
})
