import { refreshedTokenSuite } from '../suites/refreshed-token.ts'

refreshedTokenSuite('embedded')
