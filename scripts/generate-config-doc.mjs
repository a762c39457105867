// Writes docs/configuration.md from the table of variables. Runs on the pinned Node, which reads TypeScript itself.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { configurationDocument } from '../engine/configuration/document.ts'

const docs = resolve(import.meta.dirname, '..', 'docs')
mkdirSync(docs, { recursive: true })
writeFileSync(join(docs, 'configuration.md'), configurationDocument())
