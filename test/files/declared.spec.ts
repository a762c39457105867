import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createEvaluator } from '../../engine/mapping/evaluate.ts'
import { loadProfile } from '../../engine/partner/profile.ts'
import { fileTemplates } from '../support/file-partner.ts'
import { temporaryFolder } from '../support/temp.ts'

type Fields = Record<string, unknown>

describe('files in a manifest', () => {
  let folder: ReturnType<typeof temporaryFolder>
  beforeEach(() => {
    folder = temporaryFolder()
  })
  afterEach(() => folder.remove())

  /** The template of the tests with its files changed. */
  function load(change: (files: { in: Fields[]; out: Fields[] } & Fields) => void) {
    const template = join(fileTemplates(folder.path), 'couriers/file-courier')
    const file = join(template, 'manifest.json')
    const manifest = JSON.parse(readFileSync(file, 'utf8'))
    change(manifest.files)
    writeFileSync(file, JSON.stringify(manifest))
    return loadProfile(template, { compile: createEvaluator().compile })
  }
  const first = (fields: Fields) => (files: { in: Fields[] }) => void Object.assign(files.in[0] ?? {}, fields)
  const whole = (fields: Fields) => (files: Fields) => void Object.assign(files, fields)
  const firstOut = (fields: Fields) => (files: { out: Fields[] }) => void Object.assign(files.out[0] ?? {}, fields)

  it('are taken as they are', () => assert.equal(load(() => {}).files?.in?.length, 2))

  for (const [what, change, field] of [
    ['a document that is not declared', first({ document: 'nothing' }), 'files.in[0].document'],
    ['a document of the other direction', first({ document: 'list' }), 'files.in[0].document'],
    ['one name twice', first({ name: 'edi' }), 'files.in[1].name'],
    ['neither document nor format', first({ document: undefined }), 'files.in.0.document'],
    ['a folder above its own', first({ folder: '../etc' }), 'files.in.0.folder'],
    ['a folder with dots in the middle', first({ folder: 'a/../b' }), 'files.in.0.folder'],
    ['a folder from the root', first({ folder: '/etc' }), 'files.in.0.folder'],
    ['a pattern that names a folder', first({ pattern: 'in/*' }), 'files.in.0.pattern'],
    ['a trigger that is a path', first({ trigger: './ok' }), 'files.in.0.trigger'],
    ['a format that nobody knows', first({ format: 'pdf' }), 'files.in.0.format'],
    ['a key that is no JSONata', first({ key: 'body.(' }), 'files.in[0].key'],
    ['a name that is the same for all files', firstOut({ fileName: 'list.csv' }), 'files.out.0.fileName'],
    ['a name that leads elsewhere', firstOut({ fileName: '../{id}' }), 'files.out.0.fileName'],
    ['a credential that is not declared', whole({ password: '{secret}' }), 'files.password'],
    ['no way to files at all', whole({ in: undefined, out: undefined }), 'files.in'],
    ['a setting that there is not', whole({ port: 22 }), 'files.port'],
  ] as [string, Parameters<typeof load>[0], string][])
    it(`are refused with ${what}, and the field is named`, () =>
      assert.throws(
        () => load(change),
        (error: { code: string; field: string }) => {
          assert.equal(error.code, 'profile.invalid')
          assert.equal(error.field, field)
          return true
        },
      ))
})
