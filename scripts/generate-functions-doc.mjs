// Writes docs/mapping-functions.md from the catalogue of functions. Runs on the pinned Node, which reads TypeScript itself.
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { functionsDocument } from '../engine/mapping/library/document.ts'

writeFileSync(resolve(import.meta.dirname, '..', 'docs', 'mapping-functions.md'), functionsDocument())
