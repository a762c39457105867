import assert from 'node:assert/strict'
import { type Scenario, startScenario } from '../support/scenario.ts'

describe('1 Order release', function () {
  this.timeout(60_000)
  let s: Scenario
  before(async () => {
    s = await startScenario({ flows: ['order-release'], clock: true })
  })
  after(() => s?.close())

  it('valid order: booked in time, answered with 201, and the ERP knows who carries it', async () => {
    s.partners.control.hold('87101')
    const { status, body } = await s.release(s.order('SO-7101'))
    assert.equal(status, 201, JSON.stringify(body))
    const { booking } = await s.shipment('SO-7101', (shipment) => shipment.booking !== undefined)
    await s.effect('sap-s4hana', 'booking-confirmation', '87101')
    await s.quiet()
    assert.equal(s.effects(booking?.partner ?? '', 'booking', '87101').length, 1)
    assert.equal(s.effects('sap-s4hana', 'booking-confirmation', '87101').length, 1)
  })
})
