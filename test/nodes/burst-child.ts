import { deriveId } from '../../engine/delivery/ids.ts'
import { type FlowNode, startHub } from '../support/node-red.ts'

/**
 * A hub in a process of its own, with little memory: takes its flow and then the ids of what it has acknowledged from its parent, and
 * answers with its address and then with how many of those are not in the store, and the most memory that it ever had.
 */
const given = Object.entries(process.env).filter((entry): entry is [string, string] => entry[0].startsWith('CARTAGE_'))
const hub = await startHub(Object.fromEntries(given))
let rss = 0
setInterval(() => {
  rss = Math.max(rss, process.memoryUsage.rss())
}, 50).unref()
process.on('message', async (said: { flow?: FlowNode[]; acknowledged?: string[] }) => {
  if (said.flow) {
    await hub.deploy(said.flow)
    process.send?.({ url: hub.url })
  }
  if (said.acknowledged) {
    let lost = 0
    for (const id of said.acknowledged)
      if (!(await hub.runtime.hub.store.messages.get(deriveId('webhook', 'test-courier', id)))) lost += 1
    process.send?.({ lost, rssMb: Math.round(rss / 1024 / 1024), underWay: hub.runtime.gate.underWay })
    await hub.stop()
    process.exit(0)
  }
})
process.send?.({ ready: true })
