import { inboxSuite } from './suites/inbox.ts'

inboxSuite('embedded')
