import { trialsSuite } from './suites/trials.ts'

describe('trials of partners', function () {
  this.timeout(30_000)
  trialsSuite()
})
