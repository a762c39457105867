/** A node of JSONata's own syntax tree (what `jsonata(source).ast()` gives), as far as the compiler looks at it. */
export interface Ast {
  type: string
  value?: unknown
  position?: number
  steps?: Ast[]
  expressions?: Ast[]
  expression?: Ast
  arguments?: Ast[]
  procedure?: Ast
  body?: Ast
  /** A lambda that stands for a call in tail position. */
  thunk?: boolean
  signature?: Signature
  lhs?: unknown
  rhs?: Ast
  condition?: Ast
  then?: Ast
  else?: Ast
  pattern?: Ast
  update?: Ast
  delete?: Ast
  terms?: { descending: boolean; expression: Ast }[]
  group?: { lhs: [Ast, Ast][]; position: number }
  predicate?: Stage[]
  stages?: Stage[]
  keepArray?: boolean
  keepSingletonArray?: boolean
  consarray?: boolean
  tuple?: boolean
  focus?: string
  index?: string
  ancestor?: { label: string }
  slot?: { label: string }
}

/** What follows a step: a filter, or the name that each item's position gets. */
export type Stage = { type: 'filter'; expr: Ast } | { type: 'index'; value: string }

/** JSONata's own check of the arguments of a function with a signature. */
export interface Signature {
  definition: string
  validate(args: unknown[], context: unknown): unknown[]
}

/** Every node below this one, as it stands in the tree. */
export function childrenOf(node: Ast): Ast[] {
  const found: Ast[] = []
  for (const [key, part] of Object.entries(node)) if (!NO_NODES.has(key)) collect(part, found)
  return found
}

const NO_NODES = new Set(['value', 'signature', 'slot', 'ancestor', 'seekingParent'])

function collect(part: unknown, found: Ast[]): void {
  if (part === null || typeof part !== 'object' || part instanceof RegExp) return
  if (Array.isArray(part)) for (const item of part) collect(item, found)
  else if (isNode(part)) found.push(part)
  else for (const item of Object.values(part)) collect(item, found)
}

/** A stage has a type too, and is no node of its own. */
function isNode(part: object): part is Ast {
  return 'type' in part && typeof part.type === 'string' && !('expr' in part) && part.type !== 'index'
}
