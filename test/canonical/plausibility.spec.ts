import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { positionFlags } from '../../engine/canonical/index.ts'

describe('position flags', () => {
  const now = Date.parse('2026-03-02T14:31:11-05:00')
  const stop = { lat: 40.7205, lon: -74.0007 }
  const at = (time: string, lat = 40.7188, lon = -74.0052) => positionFlags({ at: time, lat, lon }, now, [stop])

  it('are absent from an ordinary position', () => assert.deepEqual(at('2026-03-02T14:31:10-05:00'), []))

  it('tell times of a broken clock', () => {
    assert.deepEqual(at('1970-01-01T00:00:00Z'), ['time.past'])
    assert.deepEqual(at('2038-01-19T03:14:07Z'), ['time.future'])
    assert.deepEqual(at('2026-03-05T14:31:10-05:00'), ['time.future'])
  })

  it('tell swapped coordinates and the point where broken receivers live', () => {
    const time = '2026-03-02T14:31:10-05:00'
    assert.deepEqual(at(time, -74.0052, 40.7188), ['location.swapped'])
    assert.deepEqual(at(time, 0, 0), ['location.null_island'])
    assert.deepEqual(at(time, 48.85, 2.35), ['location.far'])
  })
})
