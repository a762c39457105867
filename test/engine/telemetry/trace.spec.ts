import assert from 'node:assert/strict'
import { traceHeaders } from '../../../engine/telemetry/trace.ts'

describe('traceHeaders', () => {
  const traceOf = (id: string, step = 'book') => traceHeaders(id, step).traceparent?.split('-') ?? []

  it('say the correlation as it is, and a trace context that is well-formed', () => {
    const headers = traceHeaders('erp-SO-1:7', 'book')
    assert.equal(headers['x-correlation-id'], 'erp-SO-1:7')
    assert.match(headers.traceparent ?? '', /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
  })

  it("go on with the caller's trace where that is the correlation", () => {
    const trace = '0af7651916cd43dd8448eb211c80319c'
    assert.equal(traceOf(trace)[1], trace)
    assert.notEqual(traceOf('0'.repeat(32))[1], '0'.repeat(32), 'a trace of zeros is none')
  })

  it('give one order one trace, each step a span of its own, and a repetition the same', () => {
    const [book, post] = [traceOf('SO-1', 'book'), traceOf('SO-1', 'post')]
    assert.equal(book[1], post[1])
    assert.notEqual(book[2], post[2])
    assert.deepEqual(traceOf('SO-1', 'book'), book)
    assert.notEqual(traceOf('SO-2')[1], book[1])
  })

  for (const bad of ['a\r\nX-Evil: 1', 'ä', 'with blank', '', 'x'.repeat(129)])
    it(`put no ${JSON.stringify(bad.slice(0, 14))} into a header`, () => {
      const headers = traceHeaders(bad, 'book')
      assert.equal(headers['x-correlation-id'], undefined)
      assert.match(headers.traceparent ?? '', /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
    })
})
