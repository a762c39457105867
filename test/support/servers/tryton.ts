import { execFileSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventually } from '../eventually.ts'
import { temporaryFolder } from '../temp.ts'
import { findProgram } from './programs.ts'
import { freePort, ServerProcess } from './server.ts'

/** Modules of Debian's packages that a company needs that sells, ships and invoices. */
const MODULES = ['sale', 'stock', 'carrier', 'sale_shipment_cost', 'account_invoice_stock']
const PASSWORD = 'a password of the test'
const PREPARE = join(import.meta.dirname, '..', '..', 'real', 'tryton', 'prepare.py')
const DATABASE = 'shop'

/** Ids of what `prepare.py` made, by what it is. */
export type Ids = Record<
  'company' | 'category' | 'paymentTerm' | 'warehouse' | 'storage' | 'supplier' | 'receivable' | 'payable',
  number
>

/** A real Tryton with one company in it. */
export interface Tryton {
  url: string
  database: string
  user: string
  password: string
  ids: Ids
  server: ServerProcess
  /** One call of its JSON-RPC as the administrator; throws what Tryton says. */
  rpc<T = unknown>(method: string, ...parameters: unknown[]): Promise<T>
  stop(): Promise<void>
}

/** Why there is no Tryton on this machine that these tests know; undefined when there is one. */
export function trytonMissing(): string | undefined {
  const packages = '/usr/lib/python3/dist-packages'
  const needed = [`${packages}/proteus`, ...MODULES.map((name) => `${packages}/trytond/modules/${name}`)]
  if (!findProgram('trytond') || !needed.every((folder) => existsSync(folder)))
    return 'no Tryton: apt-get install tryton-server tryton-modules-sale-shipment-cost tryton-modules-account-invoice-stock tryton-proteus'
  const said = execFileSync('trytond', ['--version'], { encoding: 'utf8' }).trim()
  return / 6\.0\./.test(said) ? undefined : `the tests know Tryton 6.0, and here is ${said}`
}

/** Half a minute: the modules are set up in a fresh SQLite database, then the company. */
export async function startTryton(): Promise<Tryton> {
  const folder = temporaryFolder()
  const port = await freePort()
  const at = (name: string) => join(folder.path, name)
  writeFileSync(
    at('trytond.conf'),
    `[database]\nuri = sqlite://\npath = ${folder.path}\n[web]\nlisten = 127.0.0.1:${port}\n`,
  )
  writeFileSync(at(`${DATABASE}.sqlite`), '')
  writeFileSync(at('password'), PASSWORD)
  const run = (program: string, args: string[], env: Record<string, string>) =>
    execFileSync(program, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'ignore'] })
  const known = ['-c', at('trytond.conf'), '-d', DATABASE]
  run('trytond-admin', [...known, '-u', ...MODULES, '--activate-dependencies', '--email', 'hub@example.com'], {
    TRYTONPASSFILE: at('password'),
  })
  // Debian's own Python: that of the packages, whatever else is on the PATH.
  const printed = run('/usr/bin/python3', ['-W', 'ignore', PREPARE, DATABASE, at('trytond.conf')], {
    DB_NAME: DATABASE,
  })
  const ids = JSON.parse(printed.toString('utf8').trim().split('\n').at(-1) ?? '') as Ids
  const server = new ServerProcess(port, findProgram('trytond') ?? 'trytond', ['-c', at('trytond.conf')])
  await server.start()
  const url = `http://127.0.0.1:${port}`
  const rpc = caller(`${url}/${DATABASE}/`)
  await eventually(async () => (await rpc('model.company.company.search', [], 0, 1, null, {})) !== undefined, 30_000)
  const stop = async () => {
    await server.kill('SIGTERM')
    folder.remove()
  }
  return { url, database: DATABASE, user: 'admin', password: PASSWORD, ids, server, rpc, stop }
}

function caller(url: string): Tryton['rpc'] {
  const authorization = `Basic ${Buffer.from(`admin:${PASSWORD}`).toString('base64')}`
  return async <T>(method: string, ...params: unknown[]) => {
    const body = JSON.stringify({ id: 1, method, params })
    const headers = { 'content-type': 'application/json', authorization }
    const answer = await fetch(url, { method: 'POST', headers, body })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`Tryton answered ${answer.status}: ${text.slice(0, 300)}`)
    const { result, error } = JSON.parse(text) as { result: T; error?: unknown }
    if (error !== undefined) throw new Error(`${method}: ${JSON.stringify(error).slice(0, 500)}`)
    return result
  }
}
