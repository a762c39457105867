import assert from 'node:assert/strict'
import { resolveSettings } from '../../engine/partner/settings.ts'

const PROFILE = {
  id: 'swift-van',
  baseUrl: 'https://api.van.example',
  parameters: [],
  credentials: [],
  environments: {
    test: { baseUrl: 'https://sandbox.van.example', tokenUrl: 'https://login.sandbox.van.example/token' },
  },
}

describe('the environment of an account', () => {
  it('chooses the address, and where tokens come from', () => {
    const { baseUrl, tokenUrl } = resolveSettings(PROFILE, { environment: 'test' })
    assert.deepEqual([baseUrl, tokenUrl], ['https://sandbox.van.example', 'https://login.sandbox.van.example/token'])
  })
  it('leaves the usual address where the template has none of it, or nothing is chosen', () => {
    assert.equal(resolveSettings(PROFILE, { environment: 'production' }).baseUrl, 'https://api.van.example')
    assert.equal(resolveSettings(PROFILE).baseUrl, 'https://api.van.example')
  })
  it('gives way to an address that the account has of its own', () => {
    const own = resolveSettings(PROFILE, { environment: 'test', baseUrl: 'https://gateway.example' })
    assert.equal(own.baseUrl, 'https://gateway.example')
    const fromOutside = resolveSettings(PROFILE, { environment: 'test' }, { CARTAGE_SWIFT_VAN_URL: 'http://sim' })
    assert.equal(fromOutside.baseUrl, 'http://sim')
  })
})
