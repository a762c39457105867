import { CartageError } from '../../../errors.ts'
import { copied, roomy } from '../../plain.ts'
import { sequence, type Sequence } from './sequence.ts'

/** Bounds of one evaluation; a mapping that needs more is a mistake or an attack. */
export interface Limits {
  /** Time that it may spend on itself, in milliseconds. */
  ms: number
  /** Iterations, calls and items looked at. */
  steps: number
  /** Nested evaluations, counted as JSONata counts them. */
  depth: number
  /** Items of one sequence. */
  sequence: number
  /** Characters of one text, at every step. */
  text: number
}

/** Where a call stands in the source, and what it calls. */
export interface Place {
  position?: number
  token?: unknown
}

/** What JSONata's own functions find as `this`. */
export interface Focus {
  createSequence(...first: unknown[]): Sequence
  options: { sequence: number }
  environment: { timestamp: Date }
}

/** The clock is looked at whenever so many steps have been taken. */
const STEPS_PER_LOOK = 2048
/** A look that takes longer is one in which the process stood still: frozen, starved of its processor, its clock set. */
const LONGEST_LOOK_MS = 50
/** Characters that cost as much as a step. */
const STEP_OF_TEXT = 6

/** One evaluation under way: its input, its bindings, and what it has used of its bounds. */
export class Run {
  depth = 0
  /** The call that was made last. */
  place: Place | undefined
  readonly limits: Limits
  readonly input: unknown
  readonly bindings: Record<string, unknown>
  readonly library: Record<string, unknown>
  /** What may still leave. */
  readonly room = roomy()
  #steps = 0
  #look = STEPS_PER_LOOK
  #last = 0
  #spent = 0
  #millis: number | undefined
  #focus: Focus | undefined

  constructor(limits: Limits, input: unknown, bindings: Record<string, unknown>, library: Record<string, unknown>) {
    this.limits = limits
    this.input = input
    this.bindings = bindings
    this.library = library
  }

  /** The moment that `$now()` and `$millis()` tell, the same throughout. */
  get millis(): number {
    this.#millis ??= Date.now()
    return this.#millis
  }

  get focus(): Focus {
    this.#focus ??= {
      options: { sequence: this.limits.sequence },
      environment: { timestamp: new Date(this.millis) },
      createSequence: (...first) => {
        const made = sequence()
        if (first.length === 1) made.push(first[0])
        return made
      },
    }
    return this.#focus
  }

  tick(): void {
    this.#steps += 1
    if (this.#steps >= this.#look) this.#check()
  }

  charge(steps: number): void {
    this.#steps += steps
    if (this.#steps >= this.#look) this.#check()
  }

  /** A lambda begins, that has expressions nested so deep in any case. */
  enter(nested: number): void {
    if (this.depth + nested > this.limits.depth) throw { code: 'D1011', value: this.limits.depth }
    this.tick()
  }

  text(text: string): string {
    if (text.length > 64) {
      if (text.length > this.limits.text) throw tooLong(this.limits.text)
      this.charge(text.length >> STEP_OF_TEXT)
    }
    return text
  }

  /** A sequence that has grown. */
  bounded<T extends unknown[]>(items: T): T {
    if (items.length > this.limits.sequence) throw { code: 'D2015', value: this.limits.sequence }
    return items
  }

  /** A step of the reference: it is slow enough to look at the clock each time. */
  look(): void {
    this.#steps += 1
    this.#check()
  }

  #check(): void {
    this.#look = this.#steps + STEPS_PER_LOOK
    const now = performance.now()
    if (this.#last > 0) this.#spent += Math.min(now - this.#last, LONGEST_LOOK_MS)
    this.#last = now
    const { ms, steps } = this.limits
    if (this.#spent > ms || this.#steps > steps) throw { code: 'D1012', value: ms }
  }
}

export function tooLong(most: number): CartageError {
  return new CartageError('invalid', 'mapping.too-long', `a step has a text of more than ${most} characters`)
}

/** A value as it leaves. */
export function out(run: Run, value: unknown, depth: number): unknown {
  return copied(value, run.room, depth)
}

/** Thrown where only the reference can tell what comes out. */
export class LeaveToReference extends Error {
  constructor(why: string) {
    super(why)
    this.name = 'LeaveToReference'
  }
}
