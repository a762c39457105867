import { clusterStores } from '../support/servers/cluster.ts'
import { ediSuite } from './suite.ts'

describe('interchanges in a cluster', function () {
  this.timeout(90_000)
  ediSuite('cluster', clusterStores())
})
