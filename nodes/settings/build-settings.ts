import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../engine/clock.ts'
import { type Config, ConfigError, loadConfig } from '../../engine/config.ts'
import { isCluster } from '../../engine/configuration/production.ts'
import { storeOf } from '../../engine/hub.ts'
import type { Store } from '../../engine/store/ports.ts'
import { adminAuth, adminGuard } from './admin-auth.ts'
import { dashboardSettings } from './dashboard/guard.ts'
import { readFlowFolder } from './flow-files.ts'
import { jsonConsole } from './logging.ts'
import { type SharedStorage, sharedStorage } from './shared-storage.ts'
import { storageModule } from './storage.ts'

/** Stock nodes that reach the machine itself: commands, files, raw sockets. File names as Node-RED has them. */
const EXCLUDED = ['90-exec.js', '10-file.js', '23-watch.js', '31-tcpin.js', '32-udp.js', '06-httpproxy.js']
/** Whose nodes are loaded. The flows are the same in every process, and one type that is missing would stop all of them. */
const PALETTES = ['cartage', '@flowfuse/node-red-dashboard']
const CATEGORIES = [
  'logistics',
  'subflows',
  'common',
  'function',
  'network',
  'sequence',
  'parser',
  'storage',
  'dashboard 2',
]

/** The checked configuration, or the end of the process with one line per problem: no stack trace helps here. */
export function configurationOrExit(): Config {
  try {
    const config = loadConfig()
    prepareFolders(config)
    return config
  } catch (error) {
    const lines = error instanceof ConfigError ? error.problems : [(error as Error).message]
    for (const line of lines) console.error(`cartage: ${line}`)
    process.exit(1)
  }
}

/** Node-RED listens without any flow when they cannot be read, so they are read before it starts. */
function prepareFolders(config: Config): void {
  mkdirSync(join(config.dataDir, 'node-red'), { recursive: true, mode: 0o700 })
  if (isCluster(config.store)) return
  const shipped = join(config.root, 'flows')
  if (!existsSync(config.flowsDir) && existsSync(shipped)) cpSync(shipped, config.flowsDir, { recursive: true })
  readFlowFolder(config.flowsDir)
}

/**
 * Everything that Node-RED is told, except the hub itself and the log handler of durable flows. `shared`: the flows of
 * several processes; without it they are files.
 */
export function buildSettings(config: Config, shared?: SharedStorage) {
  const auth = adminAuth(config)
  return {
    uiHost: config.host,
    uiPort: config.port,
    ...(config.tlsCert && config.tlsKey
      ? {
          https: {
            cert: readFileSync(config.tlsCert),
            key: readFileSync(config.tlsKey),
            ...clientCertificates(config),
          },
        }
      : {}),
    // under '/' the admin app would parse every body before a webhook could see its raw bytes
    httpAdminRoot: config.role === 'worker' ? (false as const) : '/editor',
    httpNodeRoot: '/',
    httpAdminMiddleware: adminGuard(config),
    httpServerOptions: config.trustedProxy ? { 'trust proxy': config.trustedProxy } : {},
    apiMaxLength: '5mb',
    ...(auth ? { adminAuth: auth } : {}),
    credentialSecret: config.credentialSecret,
    dashboard: dashboardSettings(config),

    userDir: join(config.dataDir, 'node-red'),
    nodesDir: [config.root],
    flowFile: 'flows.json',
    storageModule: shared?.module ?? storageModule(config.flowsDir),

    ...closedDoors(),
    nodeMessageBufferMaxLength: 1000,
    debugMaxLength: 1000,
    httpRequestTimeout: 30_000,
    logging: logging(config),
    editorTheme: editorTheme(),
  }
}

/** Clients are asked for a certificate but need none: people and most partners have none, and templates say whose counts. */
function clientCertificates({ tlsClientCa }: Config) {
  return tlsClientCa === undefined
    ? {}
    : { requestCert: true, rejectUnauthorized: false, ca: readFileSync(tlsClientCa) }
}

/** Flows in the store, where several processes share one. Node-RED's storage and the hub use the same opened store. */
export function sharedFlows(config: Config): SharedStorage | undefined {
  if (!isCluster(config.store)) return undefined
  let opened: Promise<Store> | undefined
  const open = () => {
    opened ??= storeOf(config, systemClock)
    return opened
  }
  return sharedStorage(config, systemClock, open)
}

/** What an editor user may not do: install code, call commands, read files. */
function closedDoors() {
  return {
    nodesExcludes: EXCLUDED,
    functionExternalModules: false,
    functionGlobalContext: {},
    globalFunctionTimeout: 5,
    functionTimeout: 5,
    tlsConfigDisableLocalFiles: true,
    externalModules: {
      autoInstall: false,
      // an empty allow list beside this deny list would keep Cartage's own nodes from loading
      palette: { allowInstall: false, allowUpdate: false, allowUpload: false, allowList: PALETTES, denyList: ['*'] },
      modules: { allowInstall: false, allowList: [], denyList: ['*'] },
    },
    diagnostics: { enabled: false, ui: false },
    runtimeState: { enabled: false, ui: false },
    telemetry: { enabled: false, updateNotification: false },
  }
}

function logging(config: Config) {
  const level = config.logLevel
  return config.production
    ? { console: { level: 'off' }, json: { level, metrics: false, audit: true, handler: jsonConsole(config) } }
    : { console: { level, metrics: false, audit: false } }
}

function editorTheme() {
  return {
    page: { title: 'Cartage' },
    header: { title: 'Cartage' },
    tours: false,
    projects: { enabled: false },
    multiplayer: { enabled: false },
    palette: { catalogues: [], categories: CATEGORIES },
    // Sticky lines are drawn after a pause, and fail in the console when the editor was closed meanwhile.
    codeEditor: { lib: 'monaco', options: { stickyScroll: { enabled: false } } },
  }
}
