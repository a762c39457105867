import { pollBench, polledProfile } from '../support/poll-bench.ts'

/**
 * Polls a feed to its end in a process of its own: `node poll-child.ts <store file> <address of the partner>`. CRASH_AT kills it
 * on the way. Prints what was stored, as its subscriber is given it.
 */
const [file = '', url = ''] = process.argv.slice(2)
const bench = await pollBench(url, { file, crashAt: process.env.CRASH_AT })
const profile = polledProfile(
  { input: '{ "after": state.cursor }', items: 'body.events', cursor: 'body.tag' },
  {
    query: { after: '{input.after}' },
    paging: { style: 'cursor', next: 'body.left > 0 ? body.tag', parameter: 'after', items: 'body.events' },
  },
)
while ((await bench.poll(profile)).more);
const taken = await bench.store.messages.claim('polls.fictional-courier', { limit: 1000, leaseMs: 1 })
process.stdout.write(JSON.stringify(taken.map(({ message }) => message.payload)))
await bench.close()
