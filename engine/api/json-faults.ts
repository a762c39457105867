import { type FieldError, safeField } from './problem.ts'

const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype'])
/** A device just south of the equator rounds to -0.0, and means it. */
const COORDINATE = /(?:^|\.)(?:lat|lon|lng|latitude|longitude)$/
const MOST = 20

/**
 * The slow search over a text that JSON.parse has taken and whose depth is bounded: numbers that would change when parsed,
 * strings that no store or file system carries, keys that are forbidden or given twice, each with its path.
 */
export function findFaults(text: string): FieldError[] {
  const walk = new Walk(text)
  walk.value('')
  return walk.faults
}

class Walk {
  readonly faults: FieldError[] = []
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  value(path: string): void {
    const c = this.#peek()
    if (c === '{') this.#object(path)
    else if (c === '[') this.#list(path)
    else if (c === '"') this.#checkString(this.#string(), path)
    else if (c === '-' || (c >= '0' && c <= '9')) this.#number(path)
    else this.#match(/[a-z]+/y)
  }

  #object(path: string): void {
    const seen = new Set<string>()
    this.#at++
    while (this.#peek() !== '}') {
      const key = this.#string()
      const field = path === '' ? key : `${path}.${key}`
      if (FORBIDDEN.has(key)) this.#fault(field, 'json.key', 'this name is not allowed')
      else if (seen.has(key)) this.#fault(field, 'json.duplicate', 'the same name is given twice')
      this.#checkString(key, field)
      seen.add(key)
      this.#peek()
      this.#at++ // the colon
      this.value(field)
      if (this.#peek() === ',') this.#at++
    }
    this.#at++
  }

  #list(path: string): void {
    this.#at++
    for (let index = 0; this.#peek() !== ']'; index++) {
      this.value(path === '' ? String(index) : `${path}.${index}`)
      if (this.#peek() === ',') this.#at++
    }
    this.#at++
  }

  #string(): string {
    this.#peek()
    return JSON.parse(this.#match(/"[^"\\]*(?:\\.[^"\\]*)*"/y)) as string
  }

  #checkString(value: string, path: string): void {
    if (!value.isWellFormed()) this.#fault(path, 'json.string', 'half of a surrogate pair is not text')
    else if (value.includes('\0')) this.#fault(path, 'json.string', 'NUL is not allowed in text')
  }

  #number(path: string): void {
    const source = this.#match(/-?[0-9.]+(?:[eE][+-]?[0-9]+)?/y)
    const value = Number(source)
    const zero = value === 0
    if (!Number.isFinite(value)) this.#fault(path, 'json.number', 'this is not a finite number')
    else if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
      this.#fault(path, 'json.number', 'this number is too large to keep exactly; send it as a string')
    } else if (zero && source.startsWith('-') && !COORDINATE.test(path))
      this.#fault(path, 'json.number', 'negative zero is not allowed')
    else if (zero && /^[0.]*[1-9]/.test(source)) this.#fault(path, 'json.number', 'this number is too small to keep')
  }

  /** Skips white space; the character that follows. */
  #peek(): string {
    this.#match(/[ \t\r\n]*/y)
    return this.#text[this.#at] ?? ''
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0]
    if (found === undefined) throw new Error('findFaults was given a text that is not JSON')
    this.#at += found.length
    return found
  }

  #fault(field: string, code: string, message: string): void {
    if (this.faults.length < MOST) this.faults.push({ field: safeField(field), code, message })
  }
}
