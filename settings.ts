/**
 * What the `node-red` command is started with. The values come from CARTAGE_* variables (docs/configuration.md); how
 * they become Node-RED settings stands in nodes/settings.
 */
import { buildSettings, configurationOrExit } from './nodes/settings/build-settings.ts'

// sessions, credentials and the database hold secrets: nothing this process writes is for other users of the machine
process.umask(0o077)

const config = configurationOrExit()
const settings = { ...buildSettings(config), cartage: { config, env: process.env, exitOnFailure: true } }

// Node-RED loads this file with require(), which gives an ES module's 'module.exports' export when there is one.
export { settings as 'module.exports' }
