/**
 * What the `node-red` command is started with. The values come from CARTAGE_* variables (docs/configuration.md); how
 * they become Node-RED settings stands in nodes/settings.
 */
import { outliveFullLog } from './engine/telemetry/output.ts'
import { buildSettings, configurationOrExit, sharedFlows } from './nodes/settings/build-settings.ts'

// sessions, credentials and the database hold secrets: nothing this process writes is for other users of the machine
process.umask(0o077)
outliveFullLog()

const config = configurationOrExit()
const shared = sharedFlows(config)
// Node-RED would go on without its storage, and say no more than that it failed
shared?.store().catch((error: Error) => {
  console.error(`cartage: ${error.message}`)
  process.exit(1)
})
const hub = { config, env: process.env, exitOnFailure: true, ...(shared && { shared }) }
const settings = { ...buildSettings(config, shared), cartage: hub }

// Node-RED loads this file with require(), which gives an ES module's 'module.exports' export when there is one.
export { settings as 'module.exports' }
