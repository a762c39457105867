import { createRequire } from 'node:module'
import type { Node } from 'node-red'
import type { Json } from '../../engine/json.ts'
import { account, node, partner, source } from '../support/flow-nodes.ts'
import { startHub } from '../support/node-red.ts'

/**
 * A hub in a process of its own: `node poison-child.ts <data folder> broken|mended`. One of three messages ends the process
 * while the flow is broken; once it is mended, what died of it is replayed. Prints the dead letters when nothing is left to do.
 */
const [dataDir = '', phase] = process.argv.slice(2)
const given = Object.entries(process.env).filter((entry): entry is [string, string] => entry[0].startsWith('CARTAGE_'))
// Flows of the run before name a node type that this process has yet to register.
const CARTAGE_FLOWS = `${dataDir}/flows-${process.pid}`
const hub = await startHub({ ...Object.fromEntries(given), CARTAGE_DATA: dataDir, CARTAGE_FLOWS })
const { hub: engine, deadLetters } = hub.runtime
const { messages } = engine.store
engine.options.retry.baseMs = 1
const nodes = createRequire(import.meta.url)('@node-red/runtime/lib/nodes')
nodes.registerType('test', 'test-killer', function (this: Node, config: object) {
  nodes.createNode(this, config)
  this.on('input', (message, send, done) => {
    const { ref } = message.payload as { ref: string }
    if (phase === 'broken' && ref === 'poison') process.kill(process.pid, 'SIGKILL')
    send(message)
    done()
  })
})
await hub.deploy([
  { id: 'tab', type: 'tab', label: 'poisoned' },
  partner('test-courier'),
  source('killer', { maxAttempts: 1, ordered: false }),
  node('killer', 'test-killer', [['book']]),
  node('book', 'provider-connector', [[], [], []], {
    partner: account('test-courier'),
    operation: 'book',
    input: 'payload',
    inputType: 'msg',
    subject: 'payload.ref',
    onUnreachable: 'retry',
  }),
])
const input = (ref: string) => ({
  id: ref,
  channel: 'work',
  key: ref,
  payload: { ref } as Json,
  headers: {},
  correlationId: ref,
})
await engine.publish(['before', 'poison', 'after'].map(input))
if (phase === 'mended') await deadLetters.replay('work', 'poison', 'anna', { from: 'step', useEdit: true })
for (let quiet = 0; quiet < 3; ) {
  const work = (await messages.counts()).find(({ subscription }) => subscription === 'work')
  quiet = work && work.waiting + work.leased === 0 ? quiet + 1 : 0
  await new Promise((resolve) => setTimeout(resolve, 20))
}
const { items } = await messages.deadLetters({ subscription: 'work' }, { limit: 10 })
process.stdout.write(
  JSON.stringify(items.map(({ message, failure, attempts }) => [message.id, failure.code, attempts])),
)
process.exit(0)
