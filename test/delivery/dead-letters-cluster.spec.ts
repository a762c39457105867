import { clusterStores } from '../support/servers/cluster.ts'
import { deadLetterDeskSuite } from './suites/dead-letter-desk.ts'
import { replaySuite } from './suites/replay.ts'

describe('dead letters in a cluster', function () {
  this.timeout(90_000)
  const open = clusterStores()

  deadLetterDeskSuite('cluster', open)
  replaySuite('cluster', open, 0.2)
})
