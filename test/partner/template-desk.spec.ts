import { templateDeskSuite } from './suites/template-desk.ts'

templateDeskSuite('embedded')
