import { crashPoints } from '../../engine/delivery/crash-points.ts'
import { Effects } from '../../engine/delivery/effects.ts'
import { Compensation } from '../../engine/processes/compensation.ts'
import { openStore } from '../../engine/store/open.ts'
import { clientOf, profileOf } from '../support/partner-client.ts'

/** Remembers three steps and undoes them, and may be killed at any step: `node compensation-child.ts <store file> <partner url>`. */
const [file, baseUrl] = process.argv.slice(2)
const clock = { now: () => Date.now() }
const store = await openStore(`sqlite:${file}`, { clock })
const client = clientOf({
  profile: profileOf({
    cancel: { method: 'POST', path: '/cancellations', body: 'json', lookup: { operation: 'find', found: 'id' } },
    find: { method: 'GET', path: '/cancellations/{input.ref}' },
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
const compensation = new Compensation({ documents: store.documents, clock })
const name = { process: 'delivery', shipmentId: 'shp_1' }
const input = { value: 'shipment', type: 'msg' }
for (const step of ['first', 'second', 'third'])
  await compensation.remember(name, { name: step, partner: 'fictional-courier', operation: 'cancel', input, seen: {} })
const undone = await compensation.undo(name, {
  over: true,
  undo: (step) =>
    effects.perform({
      id: step.id,
      partner: step.partner,
      operation: step.operation,
      subject: name.shipmentId,
      send: (key) => client.call('cancel', { ref: step.name }, { key }),
      lookUp: (key) => client.lookUp('cancel', { ref: step.name }, { key }),
      repeatable: false,
    }),
})
await client.close()
await store.close()
process.stdout.write(JSON.stringify(undone))
