import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { type CaseFacts, withCase } from '../../engine/lifecycle/cases.ts'
import { newShipment } from '../../engine/lifecycle/shipment.ts'
import { validate } from '../../engine/canonical/index.ts'
import { order } from '../support/canonical.ts'

const NOW = '2026-03-02T12:00:00.000Z'
const LATER = '2026-03-02T13:00:00.000Z'
const shipment = newShipment(order(), { now: Date.parse(NOW), correlationId: 'c' })
const opened: CaseFacts = { caseId: '41', externalId: '41', status: 'open', kind: 'delay', cause: 'evt-1' }

describe('the cases of a shipment', () => {
  it('stand with what they are about; noted again they change nothing', () => {
    const noted = withCase(shipment, opened, NOW)
    assert.deepEqual(noted.cases, [{ caseId: '41', kind: 'delay', cause: 'evt-1', openedAt: NOW, status: 'open' }])
    assert.deepEqual(withCase(noted, opened, LATER), noted)
    assert.deepEqual(validate('shipment', noted), [])
  })

  it('are several at once, the newest open one is the case', () => {
    const two = withCase(withCase(shipment, opened, NOW), { ...opened, caseId: '42', kind: 'damage' }, LATER)
    assert.equal(two.caseId, '42')
    const one = withCase(two, { caseId: '42', status: 'solved' }, LATER)
    assert.equal(one.caseId, '41')
    assert.equal(one.cases?.find(({ caseId }) => caseId === '42')?.closedAt, LATER)
    const none = withCase(one, { caseId: '41', status: 'solved' }, LATER)
    assert.equal(none.caseId, undefined)
    assert.ok(none.references.some(({ type, value }) => type === 'case' && value === '41'))
  })

  it('are open again when the CRM opens them again, and keep what they are about', () => {
    const solved = withCase(withCase(shipment, opened, NOW), { caseId: '41', status: 'solved' }, NOW)
    const again = withCase(solved, { caseId: '41', status: 'open' }, LATER)
    assert.deepEqual(again.cases, [{ caseId: '41', kind: 'delay', cause: 'evt-1', openedAt: NOW, status: 'open' }])
  })

  it('are a hundred at most', () => {
    const many = Array.from({ length: 130 }, (_, index) => ({ ...opened, caseId: String(index) }))
    assert.equal(many.reduce((known, facts) => withCase(known, facts, NOW), shipment).cases?.length, 100)
  })
})
