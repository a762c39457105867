import { ownPartnersSuite } from './suites/own-partners.ts'

ownPartnersSuite('embedded')
