import { clusterStores } from '../support/servers/cluster.ts'
import { templateDeskSuite } from './suites/template-desk.ts'

describe('the desk of templates in a cluster', function () {
  this.timeout(60_000)
  templateDeskSuite('cluster', clusterStores())
})
