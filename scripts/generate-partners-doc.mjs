// Writes the table of partner templates into README.md, between its marks. Runs on the pinned Node, which reads TypeScript itself.
import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { withPartnersTable } from '../engine/partner/registry/table.ts'

const root = resolve(import.meta.dirname, '..')
const readme = resolve(root, 'README.md')
writeFileSync(readme, withPartnersTable(readFileSync(readme, 'utf8'), resolve(root, 'templates')))
