import { Compensation } from '../../engine/processes/compensation.ts'
import { crashingEffects } from '../support/crashing-effects.ts'

/** Remembers three steps and undoes them, and may be killed at any step: `node compensation-child.ts <store file> <partner url>`. */
const { clock, store, client, effects } = await crashingEffects('cancel', '/cancellations')
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
