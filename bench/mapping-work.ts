import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import jsonata from 'jsonata'
import { folderOf, type MappingRef, mappingsOf } from '../engine/mapping/catalogue.ts'
import type { Evaluator } from '../engine/mapping/evaluate.ts'
import { splitter } from '../engine/mapping/lab/goldens.ts'
import { givenTo } from '../engine/mapping/lab/run.ts'
import { readTemplateSample, sampleParameters, templateSamples } from '../engine/mapping/lab/samples.ts'
import { libraryFunctions } from '../engine/mapping/library/index.ts'
import { loadProfile } from '../engine/partner/profile.ts'

/** An expression and everything that it is evaluated for. */
export interface Work {
  name: string
  source: string
  given: { input: unknown; bindings: Record<string, unknown> }[]
}

/** The mappings of every courier with their samples, each as the hub hands it to the evaluator. */
export async function courierWork(templates: string, evaluator: Evaluator): Promise<Work[]> {
  const works: Work[] = []
  const folder = join(templates, 'couriers')
  for (const slug of readdirSync(folder).sort()) {
    if (!existsSync(join(folder, slug, 'manifest.json'))) continue
    const profile = loadProfile(join(folder, slug), { compile: evaluator.compile })
    const samples = folderOf(profile)
    const params = sampleParameters(profile, samples)
    for (const name of new Set(mappingsOf(profile).map((ref: MappingRef) => ref.name))) {
      const given: Work['given'] = []
      for (const sample of templateSamples(profile, name, samples)) {
        const read = await readTemplateSample(sample, samples, splitter({ evaluator }, profile))
        given.push(givenTo({ profile, params }, sample.ref, read))
      }
      const source = profile.mappings[name]
      if (source !== undefined && given.length > 0) works.push({ name: `${slug}/${name}`, source, given })
    }
  }
  return works
}

interface SuiteCase {
  id: string
  expr: string
  data?: unknown
  dataset?: string | null
  bindings?: Record<string, unknown>
  timelimit?: number
  code?: string
  error?: object
}

/** The cases of the language's own suite that give a value and compile; those that are made to take long stay out. */
export function suiteWork(fixtures: string, evaluator: Evaluator): Work[] {
  const read = (name: string) => JSON.parse(readFileSync(join(fixtures, `${name}.json`), 'utf8'))
  const datasets = read('datasets') as Record<string, unknown>
  return (read('cases') as SuiteCase[]).flatMap(({ id, expr, data, dataset, bindings = {}, ...rest }) => {
    if (rest.code || rest.error || rest.timelimit) return []
    const input = dataset === undefined ? data : dataset === null ? undefined : datasets[dataset]
    try {
      const compiled = evaluator.compile(expr)
      compiled.run(input, bindings)
      return compiled.share === 1 ? [{ name: id, source: expr, given: [{ input, bindings }] }] : []
    } catch {
      // what the hub's own bounds refuse
      return []
    }
  })
}

/** JSONata as anybody would use it: prepared once, with the same functions. */
export function peerFor(source: string): jsonata.Expression {
  const expression = jsonata(source)
  for (const [name, work] of Object.entries(libraryFunctions()))
    expression.registerFunction(name, work as (...args: unknown[]) => unknown)
  return expression
}
