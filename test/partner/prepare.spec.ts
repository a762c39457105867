import assert from 'node:assert/strict'
import type { Operation } from '../../engine/partner/profile.ts'
import { BOOK, failureOf, partnerBench, profileOf } from '../support/partner-client.ts'
import { json, reset } from '../support/scripted-server.ts'

describe('PartnerClient asks before it books, where the partner wants a price or a place first', () => {
  const server = partnerBench()
  const operations: Record<string, Operation> = {
    quote: { method: 'POST', path: '/quotes', safe: true, request: 'map/q.jsonata', response: 'map/quoted.jsonata' },
    book: { ...BOOK, prepare: { operation: 'quote' }, request: 'map/b.jsonata' },
  }
  const mappings = {
    'map/q.jsonata': '{"for": ref}',
    'map/quoted.jsonata': '{"quoteId": id}',
    'map/b.jsonata': '{"at": $prepared.quoteId, "for": ref}',
  }
  const book = (onCall?: (fact: { operation: string; result: string }) => void) => {
    const one = server.client(profileOf(operations, { mappings }), onCall ? { onCall } : {})
    return one.call('book', { ref: 'SO-1' }, { key: 'k' })
  }

  it('with the same input, and books with what was answered', async () => {
    const facts: string[] = []
    server.script(json(200, { id: 'Q-1' }), json(201, { id: 'B-1' }))
    const answer = await book(({ operation, result }) => facts.push(`${operation} ${result}`))
    assert.deepEqual(answer, { outcome: 'answered', status: 201, body: { id: 'B-1' } })
    assert.deepEqual(
      server.seen.map(({ path, body }) => [path, JSON.parse(body)]),
      [
        ['/quotes', { for: 'SO-1' }],
        ['/deliveries', { at: 'Q-1', for: 'SO-1' }],
      ],
    )
    assert.equal(server.seen[0]?.headers['idempotency-key'], undefined)
    assert.deepEqual(facts, ['quote answered', 'book answered'])
  })

  it('and takes its refusal for the refusal of the booking', async () => {
    server.script(json(422, { message: 'we do not drive there' }))
    const answer = await book()
    assert.deepEqual(answer, {
      outcome: 'refused',
      status: 422,
      messages: [{ code: 'http.422', message: 'we do not drive there' }],
    })
    assert.equal(server.seen.length, 1)
  })

  it('and when the asking fails, nothing was booked', async () => {
    server.script(reset)
    const failure = await failureOf(book())
    assert.equal(failure.effect, 'none')
    assert.ok(server.seen.every(({ path }) => path === '/quotes'))
  })
})
