import { accessSync, constants } from 'node:fs'
import { hostname } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { contradictions, isCluster, missingInProduction } from './configuration/production.ts'
import { generatedSecrets } from './configuration/secrets.ts'
import { type Values, VARIABLES, type Variable } from './configuration/variables.ts'
import { packageRoot } from './package-root.ts'

export type { ApiKey, MqttDevice, Role, User } from './configuration/kinds.ts'

type Generated = 'credentialSecret' | 'encryptionKey' | 'apiKeys'
type Resolved = 'store' | 'publicUrl' | 'worker' | 'partnersDir' | 'filesDir'

/** The checked settings. Paths are absolute; sizes are bytes; nothing here changes after the start. */
export type Config = Readonly<
  Omit<Values, Generated | Resolved> & { [K in Generated | Resolved]: NonNullable<Values[K]> } & {
    production: boolean
    /** The folder of package.json. */
    root: string
  }
>

/** Says everything that is wrong at once, one line per problem. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.problems = problems
  }
}

/**
 * Reads and checks the environment. Throws a ConfigError that names every wrong value.
 * Outside production the secrets that nobody set are generated and kept in the data folder.
 */
export function loadConfig(env: NodeJS.ProcessEnv = process.env, root: string = packageRoot()): Config {
  const production = env.NODE_ENV === 'production'
  const problems: string[] = []
  const values = Object.fromEntries(
    Object.entries(VARIABLES).map(([key, variable]) => [key, readVariable(variable, env, production, problems)]),
  ) as Values
  if (problems.length === 0) problems.push(...contradictions(values, production), ...unreadable(values))
  if (production) problems.push(...missingInProduction(values).filter((line) => !mentioned(line, problems)))
  if (problems.length > 0) throw new ConfigError(problems)
  return complete(values, production, root)
}

function readVariable(
  variable: Variable<unknown>,
  env: NodeJS.ProcessEnv,
  production: boolean,
  problems: string[],
): unknown {
  // an empty variable is what compose files make of an unset one
  const given = env[variable.name]?.trim() || undefined
  const written = given ?? (production ? variable.inProduction : undefined) ?? variable.fallback
  if (written === null) return undefined
  const value = variable.kind.parse(written)
  if (value === undefined) {
    const shown = variable.secret ? '' : `=${withoutLogin(written).slice(0, 80)}`
    problems.push(`${variable.name}${shown} is not ${variable.kind.expects}`)
  }
  return value
}

/** Addresses may carry a user and a password. */
function withoutLogin(text: string): string {
  return text.replace(/\/\/[^/\s]*@/, '//…@')
}

/** A variable that is set but wrong has had its line: it is not missing as well. */
function mentioned(line: string, problems: readonly string[]): boolean {
  const name = line.split(' ', 1)[0] ?? ''
  return problems.some((problem) => problem.startsWith(name))
}

function unreadable(values: Values): string[] {
  const files = [
    [VARIABLES.tlsCert.name, values.tlsCert],
    [VARIABLES.tlsKey.name, values.tlsKey],
    [VARIABLES.tlsClientCa.name, values.tlsClientCa],
  ] as const
  return files.flatMap(([name, file]) =>
    file === undefined || isReadable(file) ? [] : [`${name}=${file} cannot be read`],
  )
}

function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK)
    return true
  } catch {
    return false
  }
}

function complete(values: Values, production: boolean, root: string): Config {
  const absolute = (path: string): string => (isAbsolute(path) ? path : join(root, path))
  const dataDir = absolute(values.dataDir)
  // secrets of a data folder are no secrets that other processes know
  const generated = production || isCluster(values.store) ? undefined : generatedSecrets(dataDir)
  const scheme = values.tlsCert === undefined ? 'http' : 'https'
  return {
    ...values,
    production,
    root,
    dataDir,
    flowsDir: absolute(values.flowsDir),
    templatesDir: absolute(values.templatesDir),
    partnersDir: values.partnersDir === undefined ? join(dataDir, 'partners') : absolute(values.partnersDir),
    filesDir: values.filesDir === undefined ? join(dataDir, 'files') : absolute(values.filesDir),
    store: values.store ?? `sqlite:${join(dataDir, 'cartage.db')}`,
    worker: values.worker ?? `${hostname()}-${values.port}`.replaceAll(/[^\w.-]/g, '-').slice(-63),
    publicUrl: (values.publicUrl ?? `${scheme}://localhost:${values.port}`).replace(/\/+$/, ''),
    credentialSecret: values.credentialSecret ?? generated!.credentialSecret,
    encryptionKey: values.encryptionKey ?? generated!.encryptionKey,
    apiKeys: values.apiKeys ?? (generated ? [{ name: 'dev', secret: generated.apiKey, role: 'admin' }] : []),
  }
}
