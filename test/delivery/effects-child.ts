import { crashPoints } from '../../engine/delivery/crash-points.ts'
import { Effects } from '../../engine/delivery/effects.ts'
import { openStore } from '../../engine/store/open.ts'
import { clientOf, profileOf } from '../support/partner-client.ts'

/** A process that performs one effect and may be killed at any step: `node effects-child.ts <store file> <partner url>`. */
const [file, baseUrl] = process.argv.slice(2)
const clock = { now: () => Date.now() }
const store = await openStore(`sqlite:${file}`, { clock })
const client = clientOf({
  profile: profileOf({
    book: { method: 'POST', path: '/deliveries', body: 'json', lookup: { operation: 'find', found: 'id' } },
    find: { method: 'GET', path: '/deliveries/{input.ref}' },
  }),
  baseUrl: baseUrl!,
  clock,
})
const effects = new Effects({
  documents: store.documents,
  clock,
  alone: true,
  crash: crashPoints(process.env.CRASH_AT),
})
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
