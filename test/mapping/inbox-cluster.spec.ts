import { clusterStores } from '../support/servers/cluster.ts'
import { inboxSuite } from './suites/inbox.ts'

describe('unmapped codes in a cluster', function () {
  this.timeout(90_000)
  inboxSuite('cluster', clusterStores())
})
