import { randomUUID } from 'node:crypto'
import { balanceIdOf } from '../balance/balance-id.ts'
import { balanceReport } from '../balance/report.ts'
import type { StockBalance } from '../balance/stock-balances.ts'
import type { JsonObject } from '../json.ts'
import { readBody } from './body.ts'
import type { Call, Operation } from './call.ts'
import { origin } from './commands.ts'
import { parseJsonObject } from './json.ts'
import { API_ROLES } from './keys.ts'
import { type FieldError, HttpProblem, invalidFields } from './problem.ts'
import { readLimit, readQuery } from './query.ts'
import { noQuery, notFound, parameter } from './reads.ts'
import type { Reply } from './reply.ts'

const PATH = '/api/v1/stock-balances'
const ONE = `${PATH}/{balanceId}`
const MAX_SKUS = 1000

export const STOCK_BALANCE_OPERATIONS: readonly Operation[] = [
  { operationId: 'startStockBalance', method: 'POST', path: PATH, roles: ['operator'], handle: startStockBalance },
  { operationId: 'listStockBalances', method: 'GET', path: PATH, roles: API_ROLES, handle: listStockBalances },
  { operationId: 'getStockBalance', method: 'GET', path: ONE, roles: API_ROLES, handle: getStockBalance },
  {
    operationId: 'getStockBalanceReport',
    method: 'GET',
    path: `${ONE}/report`,
    roles: API_ROLES,
    handle: getStockBalanceReport,
  },
  {
    operationId: 'acceptStockBalance',
    method: 'POST',
    path: `${ONE}/accept`,
    roles: ['operator'],
    handle: acceptStockBalance,
  },
]

/** Beside the one that is drawn every night. */
async function startStockBalance(call: Call): Promise<Reply> {
  const { deps, principal } = call
  noQuery(call)
  const balanceId = balanceIdOf(new Date(deps.clock.now()).toISOString(), randomUUID())
  await deps.commands.for('startStockBalance').accept({
    operationId: 'startStockBalance',
    identity: ['stock-balance', balanceId],
    key: 'stock',
    payload: { balanceId, requestedBy: principal.name },
    ...origin(call, new Uint8Array()),
  })
  return { status: 202, body: { balanceId, links: { self: `${deps.publicUrl}${PATH}/${balanceId}` } } }
}

async function listStockBalances(call: Call): Promise<Reply> {
  const { after, limit } = readQuery(call.req.url ?? '', ['after', 'limit'])
  const page = { limit: readLimit(limit, 50, 200), ...(after !== undefined && { after }) }
  const { items, next } = await call.deps.balances.list(page)
  const summaries = items.map(({ differences, ...balance }) => ({ ...balance, differences: differences.length }))
  return { status: 200, body: { items: summaries, ...(next !== undefined && { next }) } }
}

async function getStockBalance(call: Call): Promise<Reply> {
  noQuery(call)
  return { status: 200, body: (await balanceOf(call)) as unknown as JsonObject }
}

async function getStockBalanceReport(call: Call): Promise<Reply> {
  noQuery(call)
  const balance = await balanceOf(call)
  const headers = {
    'Content-Type': 'text/csv; charset=utf-8',
    'Content-Disposition': `attachment; filename="${balance.balanceId}.csv"`,
  }
  return { status: 200, headers, body: balanceReport(balance) }
}

/** Somebody stands for it that the books are corrected by what was proposed: of the items named, else of all. */
async function acceptStockBalance(call: Call): Promise<Reply> {
  const { deps, req, principal } = call
  noQuery(call)
  const body = await readBody(req, { limitBytes: deps.bodyLimitBytes, types: ['application/json'], optional: true })
  const balance = await balanceOf(call)
  const { balanceId } = balance
  const named = skusIn(body.bytes.length === 0 ? {} : parseJsonObject(body.bytes))
  const skus = named ?? balance.differences.map(({ sku }) => sku)
  const objection = await deps.balances.objection(balanceId, skus)
  if (objection?.field)
    throw invalidFields([{ field: objection.field, code: objection.code, message: objection.message }])
  if (objection) throw new HttpProblem(409, objection.code, objection.message)
  await deps.commands.for('acceptStockBalance').accept({
    operationId: 'acceptStockBalance',
    identity: ['accept-stock-balance', balanceId, ...skus],
    key: balanceId,
    payload: { balanceId, skus, acceptedBy: principal.name },
    ...origin(call, body.bytes),
  })
  const details = { skus: skus.length }
  await deps.audit.append({ actor: principal.name, action: 'stock-balance.accept', subject: balanceId, details })
  return { status: 202, body: { balanceId, skus } }
}

async function balanceOf(call: Call): Promise<StockBalance> {
  const balance = await call.deps.balances.get(parameter(call, 'balanceId'))
  if (balance === undefined) throw notFound('balance')
  return balance
}

function skusIn({ skus, ...others }: JsonObject): string[] | undefined {
  const errors: FieldError[] = Object.keys(others).map((field) => {
    return { field, code: 'unknown-field', message: 'is not a field of this document' }
  })
  const isList = Array.isArray(skus) && skus.length > 0 && skus.length <= MAX_SKUS
  if (skus !== undefined && !(isList && skus.every((sku) => typeof sku === 'string' && sku.length <= 128)))
    errors.push({ field: 'skus', code: 'type', message: `must be a list of 1 to ${MAX_SKUS} item numbers` })
  if (errors.length > 0) throw invalidFields(errors)
  return skus as string[] | undefined
}
