import { clusterStores } from '../../support/servers/cluster.ts'
import { refreshedTokenSuite } from '../suites/refreshed-token.ts'

describe('refresh tokens in a cluster', function () {
  this.timeout(60_000)
  refreshedTokenSuite('cluster', clusterStores())
})
