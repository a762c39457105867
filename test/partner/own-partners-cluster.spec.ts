import { clusterStores } from '../support/servers/cluster.ts'
import { ownPartnersSuite } from './suites/own-partners.ts'

describe('partners of one’s own in a cluster', function () {
  this.timeout(60_000)
  ownPartnersSuite('cluster', clusterStores())
})
