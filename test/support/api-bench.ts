import assert from 'node:assert/strict'
import { afterEach, beforeEach } from 'mocha'
import type { Json, JsonObject } from '../../engine/json.ts'
import { type ApiServer, apiServer, bearer, sampleOrder } from './api-server.ts'

export const JSON_TYPE = { 'content-type': 'application/json' }

/** What the API says when it says no. */
export interface Problem {
  status: number
  code: string
  errors?: { field: string }[]
  detail: string
  correlationId: string
}

export const problem = async (answer: Response): Promise<Problem> => (await answer.json()) as Problem

/** The example order as an ERP sends it. */
export const order = (change: JsonObject = {}): string => JSON.stringify({ ...sampleOrder(), ...change })

export interface ApiBench {
  readonly hub: ApiServer
  /** Releases an order as the ERP. */
  post(body: BodyInit, headers?: Record<string, string>): Promise<Response>
  /** The one order that was taken. */
  onlyMessage(): Promise<{ id: string; key: string; payload: Json }>
}

/** A fresh API for each test of the suite that calls this. */
export function apiBench(): ApiBench {
  let hub: ApiServer
  beforeEach(async () => {
    hub = await apiServer()
  })
  afterEach(() => hub.close())
  return {
    get hub() {
      return hub
    },
    post: (body, headers = {}) =>
      hub.call('POST', '/api/v1/orders', { body, headers: { ...JSON_TYPE, ...bearer('erp'), ...headers } }),
    async onlyMessage() {
      await hub.store.messages.subscribe('orders.released', 'test')
      const deliveries = await hub.store.messages.claim('test', { limit: 10, leaseMs: 1000 })
      assert.equal(deliveries.length, 1)
      return deliveries[0]!.message
    },
  }
}
