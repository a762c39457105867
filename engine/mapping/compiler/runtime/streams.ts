import { filter, at, step, type Each, type Tuple } from './paths.ts'
import { type Group, group } from './groups.ts'
import type { Run } from './run.ts'
import { isArray, only, sequence, type Sequence } from './sequence.ts'
import { order, type Term } from './order.ts'

/** A step of a path that carries variables, parents, an order or a grouping. */
export interface Step {
  each?: Each
  terms?: Term[]
  stages?: Stage[]
  /** Variables that the step binds to its item and to its position; the label of its parent. */
  focus?: string
  index?: string
  ancestor?: string
  tuple?: boolean
  /** A list that is made once, whatever the path starts from. */
  isList?: boolean
  position?: number
}

export type Stage = { filter: Each } | { at: number } | { index: string }

export interface Path {
  steps: Step[]
  keepSingleton?: boolean
  /** The stream itself is the result: someone further out asks for the parents. */
  isStream?: boolean
  group?: Group
  fromVariable?: boolean
}

export function path(run: Run, input: unknown, { steps, keepSingleton, isStream, group: by, fromVariable }: Path) {
  let items: Sequence = isArray(input) && !fromVariable ? input : only(input)
  let found: Sequence | undefined
  let tuples: Sequence | undefined
  let isTupled = false
  for (const [index, one] of steps.entries()) {
    if (one.tuple) isTupled = true
    if (index === 0 && one.isList) found = one.each?.(items) as Sequence | undefined
    else if (isTupled) tuples = tupleStep(run, one, items, tuples)
    else found = plainStep(run, one, items, index === steps.length - 1)
    if (!isTupled && (found === undefined || found.length === 0)) break
    if (one.focus === undefined) items = found as Sequence
  }
  if (isTupled) found = isStream ? tuples : itemsOf(tuples as Sequence)
  if (keepSingleton) found = kept(found)
  return by ? group(run, isTupled ? tuples : found, by) : found
}

function itemsOf(tuples: Sequence): Sequence {
  const items = sequence()
  for (const tuple of tuples) items.push((tuple as Tuple)['@'])
  return items
}

function kept(found: Sequence | undefined): Sequence {
  const items = isArray(found) && found.cons && !found.sequence ? only(found) : found
  // a list of the input's own is no sequence, and keeps what it is without a mark; of nothing JSONata fails so too
  if (!isArray(items) || items.sequence) (items as Sequence).keepSingleton = true
  return items as Sequence
}

function plainStep(run: Run, { each, terms, stages = [], position = 0 }: Step, items: Sequence, isLast: boolean) {
  if (terms) return staged(run, order(run, items, terms, position), stages)
  const work = each as Each
  return step(run, items, stages.length === 0 ? work : (item) => staged(run, work(item), stages), isLast)
}

function staged(run: Run, value: unknown, stages: Stage[]): Sequence {
  let result = value
  for (const stage of stages) {
    if ('filter' in stage) result = filter(run, result, stage.filter)
    else if ('at' in stage) result = at(result, stage.at)
    else for (const [index, tuple] of (result as Tuple[]).entries()) tuple[stage.index] = index
  }
  return result as Sequence
}

function tupleStep(run: Run, one: Step, items: Sequence, tuples: Sequence | undefined): Sequence {
  const { stages = [], terms, index, position = 0 } = one
  if (terms) {
    const sorted = order(run, tuples ?? items, terms, position)
    if (tuples) return staged(run, sorted, stages)
    const numbered = stream()
    for (const [at, item] of sorted.entries()) numbered.push(tupleOf({ '@': item, [String(index)]: at }))
    return staged(run, numbered, stages)
  }
  const made = stream()
  // a list that a predicate made one value of has no items, and JSONata fails as this does
  for (const tuple of (tuples ?? items.map((item) => tupleOf({ '@': item }))) as Tuple[]) {
    run.tick()
    const result = one.each?.(tuple['@'], tuple)
    if (result !== undefined) bind(made, one, tuple, result)
  }
  return staged(run, run.bounded(made), stages)
}

/** Each result of a step becomes a tuple: what the item's carried, and what the step binds. */
function bind(made: Sequence, { focus, index, ancestor }: Step, from: Tuple, result: unknown): void {
  const results = isArray(result) ? result : [result]
  for (let at = 0; at < results.length; at += 1) {
    const tuple = tupleOf(from)
    if ((results as Sequence).tupleStream) Object.assign(tuple, results[at])
    else {
      if (focus !== undefined) tuple[focus] = results[at]
      else tuple['@'] = results[at]
      if (index !== undefined) tuple[index] = at
      if (ancestor !== undefined) tuple[ancestor] = from['@']
    }
    made.push(tuple)
  }
}

function stream(): Sequence {
  const made = sequence()
  made.tupleStream = true
  return made
}

function tupleOf(values: Tuple): Tuple {
  return Object.assign(Object.create(null) as Tuple, values)
}
