import { clusterStores } from '../support/servers/cluster.ts'
import { compensationSuite } from './suites/compensation.ts'

describe('compensation in a cluster', function () {
  this.timeout(90_000)
  compensationSuite('cluster', clusterStores())
})
