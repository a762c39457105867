import type { JsonObject } from '../json.ts'
import { CartageError } from '../errors.ts'
import { Billing } from '../settlement/billing.ts'
import { Decisions } from '../settlement/decide.ts'
import { ChargeEntries } from '../settlement/entries.ts'
import { type ChargeEntry, ENTRY_STATES } from '../settlement/entry.ts'
import { settlementOf } from '../settlement/settlement.ts'
import { statementCsv, statementOf } from '../settlement/statement.ts'
import type { Call, Operation } from './call.ts'
import { readFields } from './fields.ts'
import { HttpProblem } from './problem.ts'
import { readLimit, readQuery } from './query.ts'
import { noQuery, notFound, parameter, shipmentOf } from './reads.ts'
import type { Reply } from './reply.ts'

const ALL = '/api/v1/charges'
const ONE = `${ALL}/{entryId}`
const LONGEST_REASON = 500

/** Charges, by what finance looks for: those of a state, of an invoice, of a shipment; else page by page. */
async function findCharges(call: Call): Promise<Reply> {
  const asked = readQuery(call.req.url ?? '', ['state', 'courier', 'invoice', 'shipmentId', 'after', 'limit'])
  const { state, courier, invoice, shipmentId, after } = asked
  const limit = readLimit(asked.limit, 50, 200)
  if (invoice !== undefined && courier === undefined) throw bad('courier', 'An invoice is found by its courier, too.')
  const known = ENTRY_STATES.find((one) => one === state)
  if (state !== undefined && !known) throw bad('state', `state is one of ${ENTRY_STATES.join(', ')}.`)
  const entries = entriesOf(call)
  const found =
    courier !== undefined && invoice !== undefined
      ? await entries.ofInvoice(courier, invoice)
      : shipmentId !== undefined
        ? await entries.ofShipment(shipmentId)
        : known !== undefined
          ? await entries.inState(known)
          : undefined
  if (!found) {
    const page = await entries.page(after === undefined ? { limit } : { limit, after })
    return { status: 200, body: page }
  }
  const fits = found.filter(
    (one) => (known === undefined || one.state === known) && (courier === undefined || one.courier === courier),
  )
  const from = after === undefined ? 0 : fits.findIndex(({ entryId }) => entryId === after) + 1
  const items = fits.slice(from, from + limit)
  const more = from + limit < fits.length
  return { status: 200, body: { items, ...(more && { next: items.at(-1)!.entryId }) } }
}

async function getCharge(call: Call): Promise<Reply> {
  noQuery(call)
  return answer(await entriesOf(call).get(parameter(call, 'entryId')))
}

async function proposeCharge(call: Call): Promise<Reply> {
  noQuery(call)
  const fields = await readFields(call)
  const pay = fields.choice('pay', ['charged', 'agreed'], 'charged')
  const reason = fields.text('reason', LONGEST_REASON)
  fields.done()
  return answer(await decide(call, (by, entryId, decisions) => decisions.propose(entryId, by, pay, reason)))
}

async function releaseCharge(call: Call): Promise<Reply> {
  noQuery(call)
  const fields = await readFields(call)
  fields.text('pay', 7)
  const pay = fields.choice('pay', ['charged', 'agreed'], 'charged')
  fields.done()
  return decided(call, 'release', (by, entryId, decisions) => decisions.release(entryId, by, pay))
}

async function refuseCharge(call: Call): Promise<Reply> {
  noQuery(call)
  const fields = await readFields(call)
  const reason = fields.text('reason', LONGEST_REASON)
  fields.done()
  return decided(call, 'refuse', (by, entryId, decisions) => decisions.refuse(entryId, by, reason))
}

/** The money of a shipment: the customer's invoice, the courier's charges, the cash. */
async function getSettlement(call: Call): Promise<Reply> {
  noQuery(call)
  const shipment = await shipmentOf(call)
  const billing = await new Billing(call.deps).get(shipment.shipmentId)
  const entries = await entriesOf(call).ofShipment(shipment.shipmentId)
  return { status: 200, body: settlementOf(shipment, billing, entries) }
}

async function getStatement(call: Call): Promise<Reply> {
  const { format = 'json' } = readQuery(call.req.url ?? '', ['format'])
  const [courier, month] = [parameter(call, 'courier'), parameter(call, 'month')]
  if (!/^\d{4}-(?:0[1-9]|1[0-2])$/.test(month)) throw bad('month', 'A month is written like 2026-03.')
  if (format !== 'json' && format !== 'csv') throw bad('format', 'format is json or csv.')
  const statement = await statementOf(call.deps.documents, courier, month)
  if (format === 'json') return { status: 200, body: statement }
  const fileName = `statement-${courier.replace(/[^a-z0-9-]/g, '')}-${month}.csv`
  return {
    status: 200,
    headers: { 'Content-Type': 'text/csv; charset=utf-8', 'Content-Disposition': `attachment; filename="${fileName}"` },
    body: statementCsv(statement),
  }
}

type Decide = (by: string, entryId: string, decisions: Decisions) => Promise<ChargeEntry | undefined>

/** The decision stands first, then the flow is told: whoever repeats an interrupted call changes nothing and tells it again. */
async function decided(call: Call, verb: string, act: Decide): Promise<Reply> {
  if (!(await entriesOf(call).get(parameter(call, 'entryId')))) throw notFound('charge')
  const command = call.deps.commands.for('releaseCharge')
  const entry = await decide(call, act)
  if (!entry) throw notFound('charge')
  const { entryId, shipmentId } = entry
  await command.accept({
    operationId: 'releaseCharge',
    identity: ['charge', entryId, verb],
    key: shipmentId,
    payload: { entryId, verb },
    raw: new Uint8Array(),
    headers: { principal: call.principal.name },
    correlationId: call.correlationId,
  })
  return answer(entry)
}

async function decide(call: Call, act: Decide): Promise<ChargeEntry | undefined> {
  const { audit, clock } = call.deps
  const decisions = new Decisions({ charges: entriesOf(call), audit, clock })
  return act(call.principal.name, parameter(call, 'entryId'), decisions).catch((error: unknown) => {
    if (!(error instanceof CartageError) || error.category !== 'refused') throw error
    throw new HttpProblem(error.code === 'charges.four-eyes' ? 403 : 409, error.code, error.message)
  })
}

function answer(entry: ChargeEntry | undefined): Reply {
  if (!entry) throw notFound('charge')
  return { status: 200, body: entry as unknown as JsonObject }
}

function entriesOf({ deps }: Call): ChargeEntries {
  return new ChargeEntries(deps)
}

function bad(field: string, message: string): HttpProblem {
  return new HttpProblem(400, 'request.query', message, { field })
}

type Row = [operationId: string, method: Operation['method'], path: string, handle: Operation['handle']]

const ROWS: Row[] = [
  ['findCharges', 'GET', ALL, findCharges],
  ['getCharge', 'GET', ONE, getCharge],
  ['proposeCharge', 'POST', `${ONE}/propose`, proposeCharge],
  ['releaseCharge', 'POST', `${ONE}/release`, releaseCharge],
  ['refuseCharge', 'POST', `${ONE}/refuse`, refuseCharge],
  ['getSettlement', 'GET', '/api/v1/shipments/{shipmentId}/settlement', getSettlement],
  ['getStatement', 'GET', '/api/v1/statements/{courier}/{month}', getStatement],
]

export const CHARGE_OPERATIONS: readonly Operation[] = ROWS.map(([operationId, method, path, handle]) => ({
  operationId,
  method,
  path,
  roles: ['finance'],
  handle,
}))
