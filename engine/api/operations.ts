import type { Operation } from './call.ts'
import { CHARGE_OPERATIONS } from './charges.ts'
import { cancelShipment } from './commands.ts'
import { correctStatus } from './correct-status.ts'
import { DEAD_LETTER_OPERATIONS } from './dead-letter-operations.ts'
import { API_ROLES } from './keys.ts'
import { getKpis } from './kpis.ts'
import { MASTER_DATA_OPERATIONS } from './master-data.ts'
import { ONBOARDING_OPERATIONS } from './onboarding.ts'
import { getChannels } from './operator.ts'
import { changeOrder, correctAddress, releaseOrder } from './orders.ts'
import { drainPartner, listPartners, pausePartner, resumePartner } from './partners.ts'
import { getShipmentProcess } from './process.ts'
import { findShipments, getEvidence, getPosition, getProofOfDelivery, getShipment, getShipmentEvents } from './reads.ts'
import { rescheduleShipment } from './reschedule.ts'
import { renewTrackingLink } from './tracking-link.ts'
import { RETURN_OPERATIONS } from './returns.ts'
import { STOCK_BALANCE_OPERATIONS } from './stock-balances.ts'
import { TRIAL_OPERATIONS } from './trials.ts'
import { getShipmentTimeline } from './timeline.ts'
import { UNMAPPED_CODE_OPERATIONS } from './unmapped-codes.ts'

const ORDER = '/api/v1/orders/{orderId}'
const SHIPMENT = '/api/v1/shipments/{shipmentId}'
const PARTNER = '/api/v1/partners/{partner}'

/** Every operation of the API: who may call it, and what does it. A test compares it with openapi.yaml, both ways. */
export const OPERATIONS: readonly Operation[] = [
  { operationId: 'releaseOrder', method: 'POST', path: '/api/v1/orders', roles: ['erp'], handle: releaseOrder },
  { operationId: 'changeOrder', method: 'PUT', path: ORDER, roles: ['erp'], handle: changeOrder },
  {
    operationId: 'correctAddress',
    method: 'POST',
    path: `${ORDER}/address`,
    roles: ['erp', 'operator'],
    handle: correctAddress,
  },
  { operationId: 'findShipments', method: 'GET', path: '/api/v1/shipments', roles: API_ROLES, handle: findShipments },
  { operationId: 'getShipment', method: 'GET', path: SHIPMENT, roles: API_ROLES, handle: getShipment },
  {
    operationId: 'getShipmentEvents',
    method: 'GET',
    path: `${SHIPMENT}/events`,
    roles: API_ROLES,
    handle: getShipmentEvents,
  },
  {
    operationId: 'getShipmentTimeline',
    method: 'GET',
    path: `${SHIPMENT}/timeline`,
    roles: API_ROLES,
    handle: getShipmentTimeline,
  },
  {
    operationId: 'getShipmentProcess',
    method: 'GET',
    path: `${SHIPMENT}/process`,
    roles: API_ROLES,
    handle: getShipmentProcess,
  },
  {
    operationId: 'cancelShipment',
    method: 'POST',
    path: `${SHIPMENT}/cancel`,
    roles: ['erp', 'operator'],
    handle: cancelShipment,
  },
  {
    operationId: 'rescheduleShipment',
    method: 'POST',
    path: `${SHIPMENT}/reschedule`,
    roles: ['erp', 'operator'],
    handle: rescheduleShipment,
  },
  {
    operationId: 'correctStatus',
    method: 'POST',
    path: `${SHIPMENT}/corrections`,
    roles: ['operator'],
    handle: correctStatus,
  },
  {
    operationId: 'renewTrackingLink',
    method: 'POST',
    path: `${SHIPMENT}/tracking-link`,
    roles: ['erp', 'operator'],
    handle: renewTrackingLink,
  },
  {
    operationId: 'getProofOfDelivery',
    method: 'GET',
    path: `${SHIPMENT}/proof-of-delivery`,
    roles: API_ROLES,
    handle: getProofOfDelivery,
  },
  {
    operationId: 'getEvidence',
    method: 'GET',
    path: `${SHIPMENT}/proof-of-delivery/{hash}`,
    roles: ['erp', 'operator'],
    handle: getEvidence,
  },
  {
    operationId: 'getPosition',
    method: 'GET',
    path: '/api/v1/positions/{vehicleId}',
    roles: API_ROLES,
    handle: getPosition,
  },
  ...CHARGE_OPERATIONS,
  ...DEAD_LETTER_OPERATIONS,
  ...UNMAPPED_CODE_OPERATIONS,
  ...MASTER_DATA_OPERATIONS,
  ...STOCK_BALANCE_OPERATIONS,
  ...RETURN_OPERATIONS,
  ...TRIAL_OPERATIONS,
  { operationId: 'listPartners', method: 'GET', path: '/api/v1/partners', roles: ['operator'], handle: listPartners },
  ...ONBOARDING_OPERATIONS,
  {
    operationId: 'pausePartner',
    method: 'POST',
    path: `${PARTNER}/pause`,
    roles: ['operator'],
    handle: pausePartner,
  },
  {
    operationId: 'resumePartner',
    method: 'POST',
    path: `${PARTNER}/resume`,
    roles: ['operator'],
    handle: resumePartner,
  },
  {
    operationId: 'drainPartner',
    method: 'POST',
    path: `${PARTNER}/drain`,
    roles: ['operator'],
    handle: drainPartner,
  },
  { operationId: 'getKpis', method: 'GET', path: '/api/v1/kpis', roles: API_ROLES, handle: getKpis },
  { operationId: 'getChannels', method: 'GET', path: '/api/v1/channels', roles: API_ROLES, handle: getChannels },
]
