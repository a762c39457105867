import { clusterStores } from '../../support/servers/cluster.ts'
import { trialsSuite } from './suites/trials.ts'

describe('trials of partners in a cluster', function () {
  this.timeout(60_000)
  trialsSuite(clusterStores())
})
