import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { createLog } from '../../../engine/telemetry/log.ts'
import { createMetrics } from '../../../engine/telemetry/metrics.ts'

describe('metrics', () => {
  it('count what was accepted, delivered and done, with the labels that a board needs', async () => {
    const metrics = createMetrics({ processMetrics: false })
    metrics.accepted('orders.released', 'http')
    metrics.accepted('orders.released', 'http', 4)
    metrics.refused('http', 'signature')
    metrics.delivered('book', 'settled', 0.02)
    metrics.effect('acme', 'book', 'answered', 0.3)
    metrics.answered('/api/v1/orders', 'POST', 201, 0.004)
    const { body, contentType } = await metrics.render()
    assert.match(contentType, /^text\/plain/)
    assert.match(body, /cartage_messages_accepted_total\{channel="orders\.released",intake="http"\} 5/)
    assert.match(body, /cartage_messages_refused_total\{intake="http",reason="signature"\} 1/)
    assert.match(body, /cartage_delivery_seconds_count\{subscription="book",outcome="settled"\} 1/)
    assert.match(body, /cartage_effect_seconds_sum\{partner="acme",operation="book",outcome="answered"\} 0\.3/)
    assert.match(
      body,
      /cartage_http_request_seconds_bucket\{le="0\.005",route="\/api\/v1\/orders",method="POST",status="201"\} 1/,
    )
  })

  it('ask for the backlog when they are asked themselves, and forget what is gone', async () => {
    let waiting = [{ subscription: 'book', state: 'waiting' as const, messages: 7 }]
    const metrics = createMetrics({ processMetrics: false, backlog: async () => waiting })
    assert.match((await metrics.render()).body, /cartage_backlog_messages\{subscription="book",state="waiting"\} 7/)
    waiting = []
    assert.doesNotMatch((await metrics.render()).body, /subscription="book"/)
  })

  it('are apart for each hub in a process', async () => {
    const [one, other] = [createMetrics(), createMetrics()]
    one.accepted('c', 'mqtt')
    assert.doesNotMatch((await other.render()).body, /channel="c"/)
  })
})

describe('the log', () => {
  function written(write: (log: ReturnType<typeof createLog>) => void): Array<Record<string, unknown>> {
    const lines: string[] = []
    write(createLog({ level: 'info', destination: { write: (line) => lines.push(line) } }))
    return lines.map((line) => JSON.parse(line))
  }

  it('is one JSON object a line, with its level as a word and a time in RFC 3339', () => {
    const [line] = written((log) => log.warn({ correlationId: 'c1' }, 'late'))
    assert.equal(line?.level, 'warn')
    assert.equal(line?.msg, 'late')
    assert.equal(line?.correlationId, 'c1')
    assert.match(String(line?.time), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
  })

  it('leaves out what is below its level', () =>
    assert.deepEqual(
      written((log) => log.debug('x')),
      [],
    ))

  it('shows no secret and no personal field at any of the first depths', () => {
    const person = { phone: 'canary', email: 'canary', token: 'canary' }
    const lines = written((log) =>
      log.info({
        ...person,
        consignee: person,
        order: { consignee: person },
        a: { b: { c: person } },
        headers: { authorization: 'canary' },
      }),
    )
    assert.equal(lines.length, 1)
    assert.doesNotMatch(JSON.stringify(lines), /canary/)
  })

  it('cannot be given a second line through a value', () => {
    assert.equal(written((log) => log.info({ reference: 'SO-1\n{"level":"fatal"}' }, 'a\nb')).length, 1)
  })
})
