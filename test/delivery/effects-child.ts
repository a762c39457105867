import { crashingEffects } from '../support/crashing-effects.ts'

/** A process that performs one effect and may be killed at any step: `node effects-child.ts <store file> <partner url>`. */
const { store, client, effects } = await crashingEffects('book', '/deliveries')
const answer = await effects.perform({
  id: 'effect-1',
  partner: 'fictional-courier',
  operation: 'book',
  subject: 'shp_1',
  send: (key) => client.call('book', { ref: 'SO-1' }, { key }),
  lookUp: (key) => client.lookUp('book', { ref: 'SO-1' }, { key }),
  repeatable: false,
})
await client.close()
await store.close()
process.stdout.write(JSON.stringify(answer))
