import type { Ast, Stage } from '../ast.ts'
import { pairs } from './constructors.ts'
import { type Code, each, numberText, quote, type Scope, tupled, type Writer } from './writer.ts'

/** A path: step by step over one value as long as it is one, over lists where there are lists. */
export function path(writer: Writer, node: Ast, scope: Scope): Code {
  const steps = node.steps as Ast[]
  if (!isPlain(node)) return { js: general(writer, node, scope), raw: true }
  const [first, ...rest] = steps as [Ast, ...Ast[]]
  let js = firstStep(writer, first, scope, rest.length === 0)
  for (const [index, step] of rest.entries()) {
    const use = index === rest.length - 1 ? 'final' : 'inner'
    if (isField(step)) js = `${writer.field(String(step.value), use)}(S, ${js})`
    else {
      const held = writer.temp(scope)
      js = `((${held} = ${js}) === undefined ? undefined : ${use}(S, ${held}, ${stepOf(writer, step, scope)}))`
    }
  }
  return { js }
}

const isField = ({ type, stages, predicate, group, keepArray }: Ast) =>
  type === 'name' && !stages && !predicate && !group && !keepArray

function isPlain({ steps = [], keepSingletonArray, group, tuple }: Ast): boolean {
  if (keepSingletonArray || group || tuple || steps[0]?.consarray) return false
  return steps.every((step) => {
    const isBound = step.tuple || step.focus !== undefined || step.index !== undefined || step.ancestor
    return step.type !== 'sort' && !isBound && step.stages?.every(({ type }) => type === 'filter') !== false
  })
}

function firstStep(writer: Writer, step: Ast, scope: Scope, isOnly: boolean): string {
  const use = isOnly ? 'final' : 'inner'
  if (isField(step)) return `${writer.field(String(step.value), use)}(S, ${scope.context})`
  // a variable is no list of contexts, and with one context there is no list either
  if (step.type === 'variable' || scope.single) return `${isOnly ? 'last' : 'flat'}(${stagedOf(writer, step, scope)})`
  return `${use}(S, ${scope.context}, ${stepOf(writer, step, scope)})`
}

function stepOf(writer: Writer, step: Ast, scope: Scope): string {
  return each(writer, step, scope, (inner) => stagedOf(writer, step, inner))
}

function stagedOf(writer: Writer, step: Ast, scope: Scope): string {
  let { js } = writer.expr(step, scope)
  for (const stage of step.stages ?? []) js = filtered(writer, js, (stage as { expr: Ast }).expr, scope)
  return js
}

/** A predicate on a value: a position that is written as a number, or a condition for each item. */
export function filtered(writer: Writer, value: string, predicate: Ast, scope: Scope): string {
  if (predicate.type === 'number') return `at(${value}, ${numberText(Math.floor(Number(predicate.value)))})`
  return `filter(S, ${value}, ${tupled(writer, predicate, scope)})`
}

/** A path with parents, variables, an order or a grouping, left to the function that knows them all. */
function general(writer: Writer, { steps = [], keepSingletonArray, group, tuple }: Ast, scope: Scope): string {
  const parts = [`steps: [${steps.map((step, index) => generalStep(writer, step, scope, index)).join(', ')}]`]
  if (keepSingletonArray) parts.push('keepSingleton: true')
  if (tuple) parts.push('isStream: true')
  if (steps[0]?.type === 'variable') parts.push('fromVariable: true')
  if (group) parts.push(`group: ${pairs(writer, group, scope)}`)
  return `path(S, ${scope.context}, { ${parts.join(', ')} })`
}

function generalStep(writer: Writer, step: Ast, scope: Scope, index: number): string {
  const parts = [`position: ${step.position ?? 0}`]
  if (step.type === 'sort') parts.push(`terms: [${terms(writer, step, scope)}]`)
  else parts.push(`each: ${tupled(writer, step, scope)}`)
  if (step.stages) parts.push(`stages: [${step.stages.map((stage) => stageOf(writer, stage, scope)).join(', ')}]`)
  if (step.focus !== undefined) parts.push(`focus: ${quote(step.focus)}`)
  if (step.index !== undefined) parts.push(`index: ${quote(step.index)}`)
  if (step.ancestor) parts.push(`ancestor: ${quote(step.ancestor.label)}`)
  if (step.tuple) parts.push('tuple: true')
  if (index === 0 && step.consarray) parts.push('isList: true')
  return `{ ${parts.join(', ')} }`
}

function terms(writer: Writer, { terms: all = [] }: Ast, scope: Scope): string {
  return all
    .map(({ descending, expression }) => `{ by: ${tupled(writer, expression, scope)}, descending: ${descending} }`)
    .join(', ')
}

function stageOf(writer: Writer, stage: Stage, scope: Scope): string {
  if (stage.type === 'index') return `{ index: ${quote(stage.value)} }`
  if (stage.expr.type === 'number') return `{ at: ${numberText(Math.floor(Number(stage.expr.value)))} }`
  return `{ filter: ${tupled(writer, stage.expr, scope)} }`
}
