import { compensationSuite } from './suites/compensation.ts'

compensationSuite('embedded')
