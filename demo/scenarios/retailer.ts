import { chooseBy } from '../flow-set.ts'
import { makeOrders } from '../orders.ts'
import type { DemoScenario, Findings } from './scenario.ts'

/**
 * A shop in New York: SAP-style ERP, cloud warehouse, three last-mile couriers by service level, geography and cost, service
 * desk.
 */
export const RETAILER: DemoScenario = {
  erp: 'sap-s4hana',
  orders: makeOrders,
  speed: 10,
  changes: [
    chooseBy([
      {
        name: 'at once, in Manhattan',
        when: { serviceLevels: ['express', 'same_day'], postcodes: 'US 100*' },
        candidates: [{ partner: 'uber-direct' }, { partner: 'onfleet' }],
        strategy: 'preference',
      },
      {
        name: 'tomorrow, around the harbour',
        when: { serviceLevels: ['next_day'], postcodes: 'US 100*, 11*, 07*' },
        candidates: [{ partner: 'onfleet' }, { partner: 'easypost' }],
        strategy: 'preference',
      },
      {
        name: 'whatever is cheapest',
        when: {},
        candidates: [{ partner: 'onfleet' }, { partner: 'uber-direct' }, { partner: 'easypost' }],
        strategy: 'cheapest',
      },
    ]),
  ],
  looksAt: ['shiphero', 'onfleet', 'uber-direct', 'easypost'],
  faults: ({ expected, effects, orders }: Findings) => {
    const picked = new Set(
      (effects.shiphero ?? []).filter(({ kind }) => kind === 'order').map((one) => one.businessKey),
    )
    const unpicked = orders.filter(({ order, reference }) => !picked.has(order.orderId) && !picked.has(reference))
    const couriers = new Set(expected.map(({ partner }) => partner))
    const idle = ['onfleet', 'uber-direct', 'easypost'].filter((courier) => !couriers.has(courier))
    return [
      ...unpicked.map(({ reference }) => `${reference}: the warehouse was not told to pick it`),
      // A few orders need not come to each courier.
      ...(orders.length >= 100 ? idle.map((courier) => `${courier}: carried nothing`) : []),
    ]
  },
}
