import { deadLetterDeskSuite } from './suites/dead-letter-desk.ts'
import { replaySuite } from './suites/replay.ts'

deadLetterDeskSuite('embedded')
replaySuite('embedded')
