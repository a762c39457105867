import { createHmac } from 'node:crypto'
import { ACCOUNTS } from '../accounts.ts'
import type { Call, Reply } from '../http.ts'
import { bearerOf, parseJson } from '../http.ts'
import type { Json, JsonObject } from '../json.ts'
import { array, chance, idOf, object, text } from '../json.ts'
import type { Simulator, World } from '../simulator.ts'
import { bucket, json } from '../simulator.ts'
import type { Line } from './shiphero-floor.ts'
import { shipheroFloor } from './shiphero-floor.ts'
import { shipheroReturns } from './shiphero-returns.ts'
import { globalId, SHIPHERO, shipheroStock } from './shiphero-stock.ts'

const SLUG = SHIPHERO

/** Credits of an account and what comes back per second; an operation costs its complexity. */
const CREDITS = 4004
const PER_SECOND = 60
const COSTS = {
  order_update: 10,
  order_create: 20,
  orders: 5,
  order_cancel: 10,
  order_update_holds: 10,
  return_create: 10,
  returns: 5,
  warehouse_products: 5,
}
type Operation = keyof typeof COSTS
const OPERATIONS = Object.keys(COSTS) as Operation[]

/** Items of a page of the stock report. */
const PAGE = 100

/** Share of orders of which a line is picked short when nobody planned it. */
const SHORT_SHARE = 0.04

const SCRIPT = ['allocated', 'picked', 'packed', 'shipped', 'inventory']

export function shiphero(world: World): Simulator {
  const { documents, ledger, playbook } = world
  const stock = shipheroStock(world)
  const onTheFloor = shipheroFloor(world, stock)
  const credits = bucket(PER_SECOND, CREDITS)

  const fail = (operation: string, code: number, message: string, more: JsonObject = {}): Reply =>
    json(200, {
      errors: [
        { code, message, operation, request_id: idOf(24, SLUG, documents.next('shiphero-request', 1)), ...more },
      ],
    })

  function graphql(call: Call): Reply {
    const input = object(call.body)
    const query = text(input['query'])
    const operation = OPERATIONS.find((name) => new RegExp(`\\b${name}\\s*[({]`).test(query))
    if (operation === undefined) return fail('unknown', 3, 'Cannot query this field.')
    const wait = credits(COSTS[operation])
    if (wait > 0) {
      const required = COSTS[operation]
      const seconds = Math.ceil(wait / 1000)
      return fail(
        operation,
        30,
        `There are not enough credits to perform the requested operation, which requires ${required} credits, but the are only 0 left. In ${seconds} seconds you will have enough credits to perform the operation`,
        {
          required_credits: required,
          remaining_credits: 0,
          time_remaining: `${seconds} seconds`,
        },
      )
    }
    const variables = object(input['variables'])
    const data = object(variables['data'])
    const handlers: Record<Operation, () => Reply> = {
      order_create: () => create(data),
      order_cancel: () => cancel(data),
      order_update_holds: () => hold(data),
      order_update: () => update(object(variables['order']), object(variables['lines'])),
      orders: () => find(query, variables),
      return_create: () => returns.create(data),
      returns: () => returns.find(variables),
      warehouse_products: () => stockPage(variables),
    }
    return handlers[operation]()
  }

  function stockPage(variables: JsonObject): Reply {
    const { nodes, more, cursor } = stock.page(text(variables['after']), PAGE)
    const data = { edges: nodes.map((node) => ({ node })), pageInfo: { hasNextPage: more, endCursor: cursor } }
    const body = { request_id: idOf(24, cursor), complexity: COSTS.warehouse_products, data }
    return json(200, { data: { warehouse_products: body } })
  }

  function create(data: JsonObject): Reply {
    const orderNumber = text(data['order_number'])
    const reference = text(data['partner_order_id']) || orderNumber
    if (reference === '' || array(data['line_items']).length === 0)
      return { ...fail('order_create', 2, 'line_items and order_number are required.'), businessKey: reference }
    // ShipHero refuses a second order of a shop with the same partner_order_id.
    if (documents.find(SLUG, 'order', reference).length > 0)
      return {
        ...fail('order_create', 4, `Order with partner_order_id ${reference} already exists.`, {
          field: 'partner_order_id',
        }),
        businessKey: reference,
      }
    const legacy = documents.next('shiphero-order', 4_000_001)
    const lines = array(data['line_items']).map((entry) => lineOf(object(entry)))
    const last = lines.at(-1)
    // One piece is missing, never all of them: then there would be nothing to ship.
    const pieces = lines.reduce((sum, { quantity }) => sum + quantity, 0)
    const short = isShort(reference) && pieces > 1
    if (short && last !== undefined) last.picked = Math.max(0, last.quantity - 1)
    const id = globalId('Order', legacy)
    const order = {
      id,
      legacy_id: legacy,
      order_number: orderNumber,
      partner_order_id: reference,
      shop_name: text(data['shop_name']),
      fulfillment_status: 'pending',
      order_date: text(data['order_date']),
      lines: lines as unknown as Json,
      short,
      holds: { payment_hold: false },
      shipping_address: data['shipping_address'] ?? {},
    }
    documents.put(SLUG, 'order', id, reference, order)
    ledger.effect({ partner: SLUG, kind: 'order', businessKey: reference, data: { id, orderNumber, short } })
    for (const { sku } of lines) stock.move(sku, 0)
    playbook.begin({ partner: SLUG, id, reference, outcome: short ? 'short' : 'shipped', script: SCRIPT })
    const body = {
      order_create: {
        request_id: idOf(24, id),
        complexity: COSTS.order_create,
        order: { id, legacy_id: legacy, order_number: orderNumber, partner_order_id: reference },
      },
    }
    return json(200, { data: body }, { businessKey: reference, effect: true })
  }

  function isShort(reference: string): boolean {
    const planned = documents.get(SLUG, 'plan', reference)
    return planned === undefined ? chance(world.seed, 'short', reference) < SHORT_SHARE : planned['short'] === true
  }

  function find(query: string, variables: JsonObject): Reply {
    const asked = (name: string) =>
      text(variables[name]) || new RegExp(`${name}\\s*:\\s*"([^"]*)"`).exec(query)?.[1] || ''
    const partner = asked('partner_order_id')
    const number = asked('order_number') || asked('orderNumber')
    const found = documents
      .list(SLUG, 'order')
      .filter(
        (order) =>
          (partner === '' || order['partner_order_id'] === partner) &&
          (number === '' || order['order_number'] === number),
      )
    const edges = found.map((order) => {
      const { lines, short: _, waits: _it, ...node } = order
      return {
        node: {
          ...node,
          line_items: {
            edges: array(lines).map((line) => ({
              node: {
                sku: object(line)['sku'] ?? '',
                quantity: object(line)['quantity'] ?? 0,
                partner_line_item_id: object(line)['partner_line_item_id'] ?? '',
              },
            })),
          },
        },
      }
    })
    return json(
      200,
      {
        data: {
          orders: {
            request_id: idOf(24, query, documents.next('shiphero-request', 1)),
            complexity: COSTS.orders,
            data: { edges, pageInfo: { hasNextPage: false } },
          },
        },
      },
      { businessKey: partner || number },
    )
  }

  function update(change: JsonObject, given: JsonObject): Reply {
    const order = documents.get(SLUG, 'order', text(change['order_id']))
    if (order === undefined) return fail('order_update', 2, 'Order not found')
    const reference = text(order['partner_order_id'])
    const state = order['packed'] === true ? 'packed' : text(order['fulfillment_status'])
    if (['packed', 'canceled', 'fulfilled'].includes(state))
      return { ...fail('order_update', 2, `Order is already ${state}`), businessKey: reference }
    const lines = array(given['line_items']).map((one) => lineOf(object(one)))
    for (const { sku } of lines) stock.move(sku, 0)
    const shipping_address = { ...object(order['shipping_address']), ...object(change['shipping_address']) }
    documents.put(SLUG, 'order', text(order['id']), reference, {
      ...order,
      lines: lines as unknown as Json,
      shipping_address,
    })
    const quantities = Object.fromEntries(
      lines.map(({ partner_line_item_id, quantity }) => [partner_line_item_id, quantity]),
    )
    ledger.effect({ partner: SLUG, kind: 'order-change', businessKey: reference, data: { quantities } })
    const { id, legacy_id, order_number, partner_order_id, fulfillment_status } = order
    const shown = { id, legacy_id, order_number, partner_order_id, fulfillment_status } as JsonObject
    const body = { request_id: idOf(24, reference), complexity: COSTS.order_update }
    return json(
      200,
      { data: { order_update: { ...body, order: shown }, order_update_line_items: body } },
      { businessKey: reference, effect: true },
    )
  }

  function lineOf(line: JsonObject): Line {
    const quantity = Number(line['quantity'] ?? 0)
    return {
      sku: text(line['sku']),
      partner_line_item_id: text(line['partner_line_item_id']),
      quantity,
      product_name: text(line['product_name']),
      picked: quantity,
    }
  }

  function cancel(data: JsonObject): Reply {
    const order = documents.get(SLUG, 'order', text(data['order_id']))
    if (order === undefined) return fail('order_cancel', 2, 'Order not found')
    const reference = text(order['partner_order_id'])
    if (['canceled', 'fulfilled'].includes(text(order['fulfillment_status'])))
      return {
        ...fail('order_cancel', 2, `Order is already ${text(order['fulfillment_status'])}`),
        businessKey: reference,
      }
    playbook.stop(SLUG, text(order['id']), 'cancelled')
    documents.put(SLUG, 'order', text(order['id']), reference, { ...order, fulfillment_status: 'canceled' })
    ledger.effect({ partner: SLUG, kind: 'order-cancellation', businessKey: reference })
    onTheFloor('cancelled', text(order['id']), new Date(world.now()))
    return json(
      200,
      {
        data: {
          order_cancel: {
            request_id: idOf(24, reference),
            complexity: COSTS.order_cancel,
            order: { id: order['id'] ?? '', fulfillment_status: 'canceled' },
          },
        },
      },
      { businessKey: reference, effect: true },
    )
  }

  function hold(data: JsonObject): Reply {
    const order = documents.get(SLUG, 'order', text(data['order_id']))
    if (order === undefined) return fail('order_update_holds', 2, 'Order not found')
    const reference = text(order['partner_order_id'])
    const state = text(order['fulfillment_status'])
    if (['canceled', 'fulfilled'].includes(state))
      return { ...fail('order_update_holds', 2, `Order is already ${state}`), businessKey: reference }
    const held = data['payment_hold'] === true
    const isNew = object(order['holds'])['payment_hold'] !== held
    const { waits, ...rest } = order
    const shown = { ...rest, holds: { payment_hold: held } }
    documents.put(SLUG, 'order', text(order['id']), reference, held && waits === true ? { ...shown, waits } : shown)
    if (isNew) ledger.effect({ partner: SLUG, kind: held ? 'order-hold' : 'order-go', businessKey: reference })
    if (waits === true && !held) onTheFloor('shipped', text(order['id']), new Date(world.now()))
    const { id, legacy_id, order_number, partner_order_id, fulfillment_status, holds } = shown as JsonObject
    const answer = { id, legacy_id, order_number, partner_order_id, fulfillment_status, holds } as JsonObject
    const body = { request_id: idOf(24, reference), complexity: COSTS.order_update_holds, order: answer }
    return json(200, { data: { order_update_holds: body } }, { businessKey: reference, effect: isNew })
  }

  const returns = shipheroReturns(world, stock, fail)

  /**
   * Steps of an order, and what the warehouse's people do: `adjust` an item (`SKU-1:-3:Damaged`), let
   * something `shrink` that nobody tells of (`SKU-1:-2`), let a return `arrive` (`RMA-1:A`, `RMA-1:refused`).
   */
  function play(step: string, id: string, at: Date): void {
    const [name = '', first = '', second = ''] = id.split(':')
    if (step === 'adjust') stock.adjust(name, Number(first), second, at)
    else if (step === 'shrink') stock.move(name, Number(first))
    else if (step === 'arrive') returns.arrive(name, first, at)
    else onTheFloor(step, id, at)
  }

  return {
    slug: SLUG,
    routes: [{ method: 'POST', path: /^\/graphql\/?$/, operation: 'graphql', handle: graphql }],
    authorise: (call) =>
      bearerOf(call.headers) === ACCOUNTS.shiphero.token ? undefined : json(401, { message: 'Unauthorized' }),
    error: (status) => json(status, { message: status === 404 ? 'Not found' : 'Internal server error' }),
    sign: ({ body, secret }) => ({
      'x-shiphero-hmac-sha256': createHmac('sha256', secret ?? ACCOUNTS.shiphero.webhookSecret)
        .update(body)
        .digest('base64'),
    }),
    // ShipHero reads the answer, letter case included.
    accepts: (_, answer) => {
      const body = object(parseJson(Buffer.from(answer)))
      return text(body['code']) === '200' && body['Status'] === 'Success'
    },
    validation: { method: 'HEAD', query: '', good: (status) => status >= 200 && status < 300 },
    play,
  }
}
