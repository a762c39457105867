import assert from 'node:assert/strict'

/** Every field of the sample is in `actual`, with a value of the same kind. */
export function assertHasFieldsOf(sample: unknown, actual: unknown, at: string): void {
  if (Array.isArray(sample)) {
    assert.ok(Array.isArray(actual), `${at} is an array`)
    if (sample.length > 0 && actual.length > 0) assertHasFieldsOf(sample[0], actual[0], `${at}[0]`)
  } else if (sample !== null && typeof sample === 'object') {
    assert.ok(actual !== null && typeof actual === 'object', `${at} is an object`)
    for (const [name, value] of Object.entries(sample)) {
      assert.ok(name in actual, `${at}.${name} is missing`)
      assertHasFieldsOf(value, (actual as Record<string, unknown>)[name], `${at}.${name}`)
    }
  } else if (sample !== null && actual !== null) assert.equal(typeof actual, typeof sample, at)
}
