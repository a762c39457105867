import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Manifest } from '../../engine/partner/profile.ts'

const STATUS = `body.rows.{
  "shipmentRef": { "type": "order", "value": ref }, "rawCode": status, 
  "type": status = "done" ? "delivery.completed" : $assert(false, "no such status"),
  "occurredAt": at
}`

const MANIFEST: Partial<Manifest> = {
  id: 'file-courier',
  kind: 'courier',
  label: 'File courier',
  version: '1.0.0',
  status: 'draft',
  capabilities: ['status-file'],
  parameters: [
    { name: 'address', label: 'Where its files are' },
    { name: 'hostKey', label: 'Fingerprint of the server' },
    { name: 'username', label: 'User' },
  ],
  credentials: [{ name: 'privateKey', label: 'Private key', secret: true }],
  auth: { type: 'none' },
  limits: { requestsPerSecond: 1, timeoutMs: 1000, maxResponseBytes: 1000 },
  breaker: { openAfter: 5, openMs: 1000 },
  documents: {
    status: { direction: 'in', entity: 'delivery-event', mapping: 'map/status.jsonata', format: 'csv' },
    ediStatus: {
      direction: 'in',
      entity: 'delivery-event',
      mapping: 'map/status.jsonata',
      format: 'x12',
      message: '214',
    },
    list: { direction: 'out', entity: 'shipment', mapping: 'map/list.jsonata', format: 'csv' },
  },
  files: {
    address: '{address}',
    hostKey: '{hostKey}',
    username: '{username}',
    privateKey: '{privateKey}',
    in: [
      { name: 'status', folder: 'in', pattern: '*.csv', document: 'status', key: 'body.rows[0].ref' },
      { name: 'edi', folder: 'edi', pattern: '*.edi', format: 'x12' },
    ],
    out: [
      { name: 'list', folder: 'out', document: 'list', fileName: 'list-{key}.csv' },
      { name: 'booking', folder: 'out', document: 'list', fileName: 'b-{id}.csv', begins: true },
    ],
  },
}

/** The folder of templates with one partner that exchanges files. */
export function fileTemplates(folder: string): string {
  const put = (name: string, text: string) => {
    const path = join(folder, 'templates/couriers/file-courier', name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }
  put('manifest.json', JSON.stringify(MANIFEST))
  put('map/status.jsonata', STATUS)
  put('map/list.jsonata', '{ "rows": [{ "ref": reference }] }')
  return join(folder, 'templates')
}
