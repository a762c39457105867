// The flows that the processes of a cluster share: npm run flows -- list | export <folder> [--version N] | import <folder> | rollback N
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { load, place, run } from './command.mjs'

const USAGE = `npm run flows -- list                            who deployed which version, and when
npm run flows -- export <folder> [--version 12]  write a version into a new folder, one file per tab
npm run flows -- import <folder>                 deploy the flows of a folder; credentials stay
npm run flows -- rollback 12                     deploy an earlier version again`

await run('flows', async () => {
  const { values, positionals } = parseArgs({ options: { version: { type: 'string' } }, allowPositionals: true })
  const [verb, what, ...more] = positionals
  const commands = { list, export: write, import: deploy, rollback }
  const takes = verb === 'list' ? what === undefined : what !== undefined
  if (!Object.hasOwn(commands, verb ?? '') || !takes || more.length > 0) throw new Error(`unknown words\n${USAGE}`)
  const { loadConfig } = await load('engine/config.js')
  const { isCluster } = await load('engine/configuration/production.js')
  const config = loadConfig()
  if (!isCluster(config.store))
    throw new Error(`without a cluster the flows are files in ${config.flowsDir}: keep their versions with git`)
  const { storeOf } = await load('engine/hub.js')
  const { systemClock } = await load('engine/clock.js')
  const { FlowHistory, FLOWS_TOPIC } = await load('engine/flows/history.js')
  const store = await storeOf(config, systemClock)
  try {
    const versions = new FlowHistory({ documents: store.documents, audit: store.audit, clock: systemClock })
    await commands[verb](versions, what, values)
    store.motor.wake(FLOWS_TOPIC)
  } finally {
    await store.close()
  }
})

async function list(versions) {
  for (const { number, at, by, note } of await versions.list())
    console.log([String(number).padStart(5), at, by, note].filter((part) => part !== '').join('  '))
}

async function write(versions, folder, { version }) {
  const { split, tabOrder, toText, ORDER_FILE } = await load('nodes/settings/flow-files.js')
  const known = await versions.list()
  const wanted = version === undefined ? known[0] : known.find(({ number }) => number === Number(version))
  if (wanted === undefined) throw new Error(`there is no version ${version ?? 1} of the flows`)
  const target = place(folder)
  if (existsSync(target) && readdirSync(target).length > 0) throw new Error(`${target} is not empty`)
  const { nodes } = await versions.load(wanted)
  const tabs = tabOrder(nodes)
  mkdirSync(target, { recursive: true })
  for (const [name, content] of [...split(nodes, tabs), [ORDER_FILE, tabs]])
    writeFileSync(join(target, name), toText(content))
  console.log(`flows: version ${wanted.number} is in ${target}`)
}

async function deploy(versions, folder) {
  const { readFlowFolder } = await load('nodes/settings/flow-files.js')
  const source = place(folder)
  const { nodes } = readFlowFolder(source)
  if (nodes.length === 0) throw new Error(`${source} holds no flows`)
  const [over] = await versions.list()
  const credentials = over ? (await versions.load(over)).credentials : {}
  tell(await versions.save({ nodes, credentials }, { over, by: user(), note: `from ${source}` }))
}

async function rollback(versions, number) {
  tell(await versions.restore(Number(number), user()))
}

function tell({ number, note }) {
  console.log(`flows: version ${number} (${note}) is deployed; every process follows within seconds`)
}

function user() {
  return `${userInfo().username} (command line)`
}
