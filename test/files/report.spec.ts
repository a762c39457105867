import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { reportOf } from '../../engine/files/report.ts'

describe('the report of what was not taken from a file', () => {
  it('is a table of the lines in their order, in which no cell is a formula', () => {
    const wrong = { code: 'master-data.rejected', reason: '@SUM(A1) is not a field' }
    const report = reportOf([
      { row: 3, field: '=HYPERLINK("x")', ...wrong },
      { row: 2, field: 'sku', ...wrong },
    ])
    assert.deepEqual(report.toString().trim().split('\r\n'), [
      'row,field,code,reason',
      "2,sku,master-data.rejected,'@SUM(A1) is not a field",
      `3,"'=HYPERLINK(""x"")",master-data.rejected,'@SUM(A1) is not a field`,
    ])
  })
})
