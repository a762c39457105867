import assert from 'node:assert/strict'
import { causedBy, chainOf } from '../../engine/delivery/cause.ts'
import type { Message } from '../../engine/store/ports.ts'
import { storeBench } from '../support/store-bench.ts'

describe('the chain of causes', () => {
  const bench = storeBench()
  const keep = async (id: string, cause?: string, raw?: string): Promise<Message> => {
    const headers = causedBy(cause)
    const bytes = raw === undefined ? {} : { raw: Buffer.from(raw) }
    await bench.store.messages.append([
      { id, channel: 'c', key: id, payload: null, headers, correlationId: id, ...bytes },
    ])
    return (await bench.store.messages.get(id))!
  }
  const ids = async (message: Message) => (await chainOf(bench.store.messages, message)).map(({ id }) => id)

  it('leads back to the message that came in, with its bytes', async () => {
    await keep('webhook', undefined, 'as it came')
    await keep('event', 'webhook')
    const chain = await chainOf(bench.store.messages, await keep('posting', 'event'))
    assert.deepEqual(
      chain.map(({ id }) => id),
      ['posting', 'event', 'webhook'],
    )
    assert.equal(Buffer.from(chain.at(-1)!.raw!).toString(), 'as it came')
  })

  it('ends where a message is no longer kept', async () => {
    assert.deepEqual(await ids(await keep('orphan', 'purged long ago')), ['orphan'])
  })

  it('does not follow a circle', async () => {
    await keep('a', 'b')
    assert.deepEqual(await ids(await keep('b', 'a')), ['b', 'a'])
    assert.deepEqual(await ids(await keep('self', 'self')), ['self'])
  })

  it('is followed for a bounded number of hops', async () => {
    let last = await keep('m0')
    for (let n = 1; n < 50; n += 1) last = await keep(`m${n}`, `m${n - 1}`)
    assert.equal((await ids(last)).length, 32)
  })
})
