import { randomUUID } from 'node:crypto'
import { deriveId } from '../delivery/ids.ts'
import type { Json, JsonObject } from '../json.ts'
import { rejectsOf } from '../master-data/check.ts'
import { isMasterKind, MASTER_KINDS, type MasterKind } from '../master-data/kinds.ts'
import { readBody } from './body.ts'
import type { Call, Operation } from './call.ts'
import { origin } from './commands.ts'
import { parseJsonObject } from './json.ts'
import { type FieldError, HttpProblem, invalidFields, safeField } from './problem.ts'
import { readLimit, readQuery } from './query.ts'
import { noQuery, notFound, parameter } from './reads.ts'
import type { Reply } from './reply.ts'

/** Larger sets come by file. */
const MAX_RECORDS = 5_000

const PATH = '/api/v1/master-data/{kind}'

export const MASTER_DATA_OPERATIONS: readonly Operation[] = [
  { operationId: 'importMasterData', method: 'POST', path: PATH, roles: ['erp'], handle: importMasterData },
  {
    operationId: 'listMasterData',
    method: 'GET',
    path: PATH,
    roles: ['viewer', 'erp', 'operator'],
    handle: listMasterData,
  },
  {
    operationId: 'getMasterRecord',
    method: 'GET',
    path: `${PATH}/{recordId}`,
    roles: ['viewer', 'erp', 'operator'],
    handle: getMasterRecord,
  },
  {
    operationId: 'eraseMasterRecord',
    method: 'DELETE',
    path: `${PATH}/{recordId}`,
    roles: ['erp'],
    handle: eraseMasterRecord,
  },
  {
    operationId: 'getMasterBatch',
    method: 'GET',
    path: '/api/v1/master-data-batches/{batchId}',
    roles: ['erp', 'operator'],
    handle: getMasterBatch,
  },
]

/** Takes a batch whole or not at all: every record is checked before the answer, and what is wrong is named by row and field. */
async function importMasterData(call: Call): Promise<Reply> {
  const { deps, req, principal } = call
  readQuery(req.url ?? '', [])
  const kind = kindOf(call)
  const body = await readBody(req, { limitBytes: deps.bodyLimitBytes, types: ['application/json'] })
  const records = recordsIn(parseJsonObject(body.bytes))
  const rejects = rejectsOf(kind, records)
  if (rejects.length > 0) {
    const errors = rejects.map(({ row, field, code, message }): FieldError => {
      const place = `records.${row - 1}`
      return { field: field === '' ? place : safeField(`${place}.${field}`), code, message }
    })
    const words = `Nothing was taken in: ${new Set(rejects.map(({ row }) => row)).size} of ${records.length} records are wrong.`
    throw new HttpProblem(422, 'master-data.rejected', words, { errors })
  }
  const header = req.headers['idempotency-key']
  const work = (identity: string) => () => accept(call, kind, records, body.bytes, identity)
  if (typeof header !== 'string') return work(randomUUID())()
  const { replayed, ...answer } = await deps.idempotency.run(
    { header, principal: principal.name, operation: 'importMasterData', bytes: body.bytes },
    work(deriveId('import', principal.name, kind, header)),
  )
  return { ...answer, ...(replayed && { headers: { 'Idempotency-Replayed': 'true' } }) }
}

async function accept(
  call: Call,
  kind: MasterKind,
  records: Json[],
  raw: Uint8Array,
  identity: string,
): Promise<{ status: number; body: JsonObject }> {
  const { deps, principal } = call
  const batchId = `imp_${deriveId('master-data', identity)}`
  await deps.commands.for('importMasterData').accept({
    operationId: 'importMasterData',
    identity: ['master-data', batchId],
    key: kind,
    payload: { batchId, [MASTER_KINDS[kind].list]: records },
    ...origin(call, raw),
  })
  const details = { kind, records: records.length }
  await deps.audit.append({ actor: principal.name, action: 'master-data.import', subject: batchId, details })
  const links = { batch: `${deps.publicUrl}/api/v1/master-data-batches/${batchId}` }
  return { status: 202, body: { batchId, ...details, links } }
}

async function listMasterData(call: Call): Promise<Reply> {
  const kind = kindOf(call)
  const { after, limit } = readQuery(call.req.url ?? '', ['after', 'limit'])
  const page = { limit: readLimit(limit, 50, 200), ...(after !== undefined && { after }) }
  const { items, next } = await call.deps.masterData.list(kind, page)
  const shownItems = items.map((record) => shownRecord(call, kind, record as unknown as JsonObject))
  return { status: 200, body: { items: shownItems, ...(next !== undefined && { next }) } }
}

async function getMasterRecord(call: Call): Promise<Reply> {
  noQuery(call)
  const kind = kindOf(call)
  const record = await call.deps.masterData.get(kind, parameter(call, 'recordId', 256))
  if (record === undefined) throw notFound('record')
  return { status: 200, body: shownRecord(call, kind, record as unknown as JsonObject) }
}

async function eraseMasterRecord(call: Call): Promise<Reply> {
  noQuery(call)
  const kind = kindOf(call)
  const id = parameter(call, 'recordId', 256)
  if (!(await call.deps.masterData.erase(kind, id))) throw notFound('record')
  const { name } = call.principal
  await call.deps.audit.append({ actor: name, action: 'master-data.erase', subject: id, details: { kind } })
  return { status: 204 }
}

async function getMasterBatch(call: Call): Promise<Reply> {
  noQuery(call)
  const state = await call.deps.masterData.batch(parameter(call, 'batchId'))
  if (state === undefined) throw notFound('batch')
  return { status: 200, body: state as unknown as JsonObject }
}

function kindOf(call: Call): MasterKind {
  const name = parameter(call, 'kind')
  if (!isMasterKind(name)) throw notFound('kind of master data')
  return name
}

/** A record as the caller may see it: what is personal is masked in the batch that it would come in. */
function shownRecord({ deps, principal }: Call, kind: MasterKind, record: JsonObject): JsonObject {
  if (principal.role !== 'viewer') return record
  const { list } = MASTER_KINDS[kind]
  const masked = deps.masker.mask('master-batch', { [list]: [record] })
  return (masked[list] as JsonObject[])[0] ?? {}
}

function recordsIn({ records, ...others }: JsonObject): Json[] {
  const errors: FieldError[] = Object.keys(others).map((field) => {
    return { field, code: 'unknown-field', message: 'is not a field of this document' }
  })
  if (!Array.isArray(records)) errors.push({ field: 'records', code: 'type', message: 'must be a list' })
  else if (records.length < 1 || records.length > MAX_RECORDS)
    errors.push({ field: 'records', code: 'items', message: `must have 1 to ${MAX_RECORDS} records` })
  if (errors.length > 0) throw invalidFields(errors)
  return records as Json[]
}
